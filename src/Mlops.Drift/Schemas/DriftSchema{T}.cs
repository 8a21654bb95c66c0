namespace Mlops.Drift;

/// <summary>A schema that reads its columns from objects of type <typeparamref name="T"/>. Immutable and thread-safe.</summary>
public sealed class DriftSchema<T> : DriftSchema
{
    private readonly Func<T, double>[] _numbers;
    private readonly Func<T, string?>[] _texts;
    private readonly Func<T, PredictionKey>? _id;
    private readonly Func<T, double>? _label;
    private readonly Func<T, long>? _time;
    private readonly Func<T, string?>? _version;

    internal DriftSchema(
        IReadOnlyList<DriftColumn> columns,
        Func<T, double>[] numbers,
        Func<T, string?>[] texts,
        Func<T, PredictionKey>? id,
        Func<T, double>? label,
        Func<T, long>? time,
        Func<T, string?>? version)
        : base(columns)
    {
        _numbers = numbers;
        _texts = texts;
        _id = id;
        _label = label;
        _time = time;
        _version = version;
    }

    /// <summary>Reads one row. A selector's exception leaves as it is, with the column it came from in <see cref="RowScratch.Column"/>.</summary>
    internal void Read(in T row, RowScratch scratch)
    {
        double[] numbers = scratch.Numbers;
        for (int i = 0; i < _numbers.Length; i++)
        {
            scratch.Column = i;
            numbers[i] = _numbers[i](row);
        }

        string?[] texts = scratch.Texts;
        for (int i = 0; i < _texts.Length; i++)
        {
            scratch.Column = _numbers.Length + i;
            texts[i] = _texts[i](row);
        }

        scratch.Column = -1;
        scratch.Facts = new RowFacts
        {
            Id = _id is null ? default : _id(row),
            Label = _label is null ? Missing : _label(row),
            Ticks = _time is null ? RowFacts.NoTime : _time(row),
            Version = _version?.Invoke(row),
        };
    }

    /// <summary>The name of what <see cref="Read"/> was reading when a selector threw.</summary>
    internal string NameOf(int column) => column switch
    {
        < 0 => "id, label, timestamp or model version",
        _ when column < NumericCount => NumericColumns[column].Name,
        _ => CategoricalColumns[column - NumericCount].Name,
    };
}
