const names = (text: string): string[] => text.trim().split(/\s+/)

/** What a query may call: it reads its arguments and nothing else, and does not wait. */
export const functions: ReadonlySet<string> = new Set([
  // Aggregates and windows.
  ...names(`count sum avg min max stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp
    regr_slope regr_intercept regr_r2 regr_count mode percentile_cont percentile_disc bool_and bool_or every any_value
    array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value grouping`),
  // Numbers.
  ...names(`abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log10 power pow mod div pi degrees radians
    sin cos tan asin acos atan atan2 greatest least width_bucket isnan isfinite`),
  // Texts.
  ...names(`length char_length octet_length lower upper initcap trim btrim ltrim rtrim left right substr substring
    position strpos replace translate reverse split_part starts_with concat concat_ws md5 to_char to_number
    regexp_match regexp_replace regexp_split_to_array regexp_count regexp_like regexp_substr string_to_array
    array_to_string overlay ascii chr`),
  // Time.
  ...names(`now date_trunc date_part extract age make_date make_timestamptz make_interval to_timestamp to_date
    date_bin justify_days justify_hours justify_interval timezone`),
  // JSON, arrays, sets.
  ...names(`to_json to_jsonb jsonb_each jsonb_each_text jsonb_object_keys jsonb_array_elements
    jsonb_array_elements_text jsonb_array_length jsonb_extract_path jsonb_extract_path_text jsonb_typeof
    jsonb_build_object jsonb_build_array jsonb_path_query jsonb_path_query_first jsonb_path_exists jsonb_strip_nulls
    json_build_object json_build_array array_length cardinality array_position array_append array_cat unnest
    generate_series generate_subscripts`),
  ...names('coalesce nullif num_nulls num_nonnulls'),
])

/** Words of the language that may stand before a parenthesis. */
export const wordsBeforeParentheses: ReadonlySet<string> = new Set(
  names(`select from where and or not in exists any all some on using as values over filter within group by having
    distinct union except intersect case when then else end join lateral limit offset with is like ilike between array
    row sets rollup cube rows range groups materialized cast interval numeric decimal varchar char bit float timestamp
    timestamptz time order partition fetch only cross left right inner outer full natural similar tablesample
    asc desc return ordinality`),
)
