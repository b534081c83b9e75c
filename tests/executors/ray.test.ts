import { onPlatform } from './world.ts'

onPlatform('ray', 'EVENKEEL_TEST_RAY', (url) => ({ kind: 'ray', url }))
