namespace Mlops.Drift;

/// <summary>Room for one row per thread, so that selectors run outside every lock and reading a row allocates nothing.</summary>
internal sealed class RowScratch
{
    [ThreadStatic]
    private static RowScratch? _ofThread;

    public double[] Numbers = [];
    public string?[] Texts = [];
    public RowFacts Facts;
    public int Column;

    /// <summary>Takes the thread's scratch; a selector that observes rows itself gets another one.</summary>
    public static RowScratch Rent(DriftSchema schema)
    {
        RowScratch scratch = _ofThread ?? new RowScratch();
        _ofThread = null;
        if (scratch.Numbers.Length < schema.NumericCount)
            scratch.Numbers = new double[schema.NumericCount];
        if (scratch.Texts.Length < schema.CategoricalCount)
            scratch.Texts = new string?[schema.CategoricalCount];
        return scratch;
    }

    public static void Return(RowScratch scratch) => _ofThread = scratch;
}
