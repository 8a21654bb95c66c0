namespace Mlops.Serving;

/// <summary>A loss of predictions whose outcomes come to be known, see <see cref="ServedModel.RecordOutcome"/>; smaller is better.</summary>
public sealed class OutcomeMetricOptions
{
    /// <summary>By how much the mean loss of the candidate may exceed that of the stable version; above 0, at most <see cref="Limit"/>.</summary>
    public double Margin { get; set; }

    /// <summary>Largest loss of one prediction: larger ones are taken as it. The smaller, the sooner something is shown; 1 by default.</summary>
    public double Limit { get; set; } = 1;

    internal Func<double, double, double>? Loss { get; init; }

    internal Func<double, double, double>? LossOf(string metric) => Loss ?? metric switch
    {
        "mae" => static (predicted, actual) => Math.Abs(predicted - actual),
        "mse" => static (predicted, actual) => (predicted - actual) * (predicted - actual),
        "error_rate" => static (predicted, actual) => Math.Round(predicted) == Math.Round(actual) ? 0 : 1,
        _ => null,
    };

    internal string? FindFault(string metric) => LossOf(metric) is null
        ? $"'{metric}' needs a loss, see {nameof(RolloutOptions)}.{nameof(RolloutOptions.NonInferiority)}: only mae, mse and error_rate are known by their names"
        : !(Limit > 0) || !double.IsFinite(Limit) ? $"{nameof(Limit)} of '{metric}' is {Limit}; it must be above 0 and finite"
        : !(Margin > 0 && Margin <= Limit) ? $"{nameof(Margin)} of '{metric}' is {Margin}; it must be above 0 and at most {nameof(Limit)}"
        : null;
}
