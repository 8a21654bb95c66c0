namespace Mlops.Tuning;

/// <summary>How much a parameter matters.</summary>
/// <param name="Parameter">Its name.</param>
/// <param name="Importance">
/// 0 to 1. By <see cref="ImportanceMethod.PedAnova"/> the shares of all parameters sum to 1; by <see cref="ImportanceMethod.Fanova"/> what is
/// missing from 1 is explained by parameters together.
/// </param>
/// <param name="Low">
/// The lower end of a 90 % interval: by <see cref="ImportanceMethod.PedAnova"/> the bias-corrected percentiles of resampled trials, by
/// <see cref="ImportanceMethod.Fanova"/> those of the trees, each of which has seen another resample.
/// </param>
/// <param name="High">Its upper end.</param>
/// <param name="Trials">How many completed trials had the parameter.</param>
public sealed record ParameterImportance(string Parameter, double Importance, double Low, double High, int Trials);
