using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>One season's share of the reference.</summary>
internal sealed class ProfilePart
{
    private readonly Lazy<PreparedSample[]> _prepared;

    public ProfilePart(long rows, NumericSummary[] numeric, CategoricalSummary[] categorical, RowSample sample)
    {
        Rows = rows;
        Numeric = numeric;
        Categorical = categorical;
        Sample = sample;
        _prepared = new(() => Array.ConvertAll(Sample.Numbers, static column => PreparedSample.From(column)));
    }

    public long Rows { get; }

    public NumericSummary[] Numeric { get; }

    public CategoricalSummary[] Categorical { get; }

    public RowSample Sample { get; }

    /// <summary>The sample's numeric columns, each sorted once, on first use.</summary>
    public PreparedSample[] Prepared => _prepared.Value;
}
