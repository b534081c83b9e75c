/** Words in names of metrics that are good when they are low, and when they are high. */
const lowWords =
  /^(loss|logloss|error|errors|brier|mae|mse|rmse|rmsle|mape|smape|wape|deviance|perplexity|ece|mce|fpr|fnr|far|frr|wer|cer|ms|latency|regret|aic|bic|hinge)$/
const highWords =
  /^(auc|auroc|aucpr|auprc|roc|accuracy|acc|precision|recall|sensitivity|specificity|f1|f2|fbeta|r2|gini|mcc|kappa|ndcg|map|mrr|iou|dice|jaccard|bleu|rouge|rougel|spearman|pearson|ap|ks|lift|tpr|tnr|score|exact)$/

/** Whether more of a metric is better, as far as its name says: `val_log_loss`, `eval/rmse`, `macroF1`; null when it does not. */
export function metricDirection(name: string): 'higher' | 'lower' | null {
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  if (words.some((word) => lowWords.test(word))) return 'lower'
  return words.some((word) => highWords.test(word)) ? 'higher' : null
}
