import { createClient } from '@evenkeel/client'
import { modelCards, modelFiles, modelPeople, projects } from '@evenkeel/contract'
import { clientOptions } from '../api.ts'

export const modelCardsApi = createClient(modelCards, clientOptions)
export const modelFilesApi = createClient(modelFiles, clientOptions)
export const projectsApi = createClient(projects, clientOptions)
export const modelPeopleApi = createClient(modelPeople, clientOptions)
