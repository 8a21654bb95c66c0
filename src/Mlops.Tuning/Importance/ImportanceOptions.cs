namespace Mlops.Tuning;

/// <summary>How importance is measured.</summary>
public sealed class ImportanceOptions
{
    /// <summary>The method, default <see cref="ImportanceMethod.PedAnova"/>.</summary>
    public ImportanceMethod Method { get; set; }

    /// <summary>Which objective, from 0, default 0.</summary>
    public int Objective { get; set; }

    /// <summary>The share of trials that count as best in <see cref="ImportanceMethod.PedAnova"/>; above 0 and below 1, default 0.1. At least two trials count.</summary>
    public double Quantile { get; set; } = 0.1;

    /// <summary>
    /// How often the trials are drawn again with replacement: for the intervals of <see cref="ImportanceMethod.PedAnova"/>, and the trees of
    /// <see cref="ImportanceMethod.Fanova"/>. 20 to 10 000; null for 200 or 64 trees.
    /// </summary>
    public int? Resamples { get; set; }

    internal void Validate(int objectives, string parameter)
    {
        if (Method is not (ImportanceMethod.PedAnova or ImportanceMethod.Fanova))
        {
            throw new ArgumentOutOfRangeException(parameter, Method, "Method must be PedAnova or Fanova.");
        }

        if (Objective < 0 || Objective >= objectives)
        {
            throw new ArgumentOutOfRangeException(parameter, Objective, $"Objective must be 0 to {objectives - 1}.");
        }

        if (!(Quantile > 0 && Quantile < 1))
        {
            throw new ArgumentOutOfRangeException(parameter, Quantile, "Quantile must be above 0 and below 1.");
        }

        if (Resamples is < 20 or > 10_000)
        {
            throw new ArgumentOutOfRangeException(parameter, Resamples, "Resamples must be 20 to 10 000.");
        }
    }
}
