namespace Mlops.Drift;

/// <summary>Rows and labels in the order they were observed, between the caller's thread and the windows.</summary>
internal sealed class ObservationBlock(DriftSchema schema)
{
    public const int Capacity = 256;

    private readonly int _numbersPerRow = schema.NumericCount;
    private readonly int _textsPerRow = schema.CategoricalCount;
    private readonly double[] _numbers = new double[Capacity * schema.NumericCount];
    private readonly string?[] _texts = new string?[Capacity * schema.CategoricalCount];
    private readonly RowFacts[] _facts = new RowFacts[Capacity];
    private readonly LabelEvent[] _labels = new LabelEvent[Capacity];

    public int RowCount { get; private set; }

    public int LabelCount { get; private set; }

    public bool IsFull => RowCount == Capacity || LabelCount == Capacity;

    public bool IsEmpty => RowCount == 0 && LabelCount == 0;

    public void Add(ReadOnlySpan<double> numbers, ReadOnlySpan<string?> texts, in RowFacts facts)
    {
        int row = RowCount++;
        numbers.CopyTo(_numbers.AsSpan(row * _numbersPerRow));
        texts.CopyTo(_texts.AsSpan(row * _textsPerRow));
        _facts[row] = facts;
    }

    public void AddLabel(PredictionKey key, double actual) => _labels[LabelCount++] = new LabelEvent(key, actual, RowCount);

    public ReadOnlySpan<double> Numbers(int row) => _numbers.AsSpan(row * _numbersPerRow, _numbersPerRow);

    public ReadOnlySpan<string?> Texts(int row) => _texts.AsSpan(row * _textsPerRow, _textsPerRow);

    public ref readonly RowFacts Facts(int row) => ref _facts[row];

    public ref readonly LabelEvent Label(int index) => ref _labels[index];

    public void Clear()
    {
        Array.Clear(_texts, 0, RowCount * _textsPerRow);
        RowCount = 0;
        LabelCount = 0;
    }

    /// <param name="Key">The prediction's key.</param>
    /// <param name="Actual">What happened.</param>
    /// <param name="RowsBefore">Rows of the block that were observed before.</param>
    internal readonly record struct LabelEvent(PredictionKey Key, double Actual, int RowsBefore);
}
