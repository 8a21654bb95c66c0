using System.Runtime.CompilerServices;
using System.Text;

namespace Mlops.Drift;

/// <summary>
/// The columns that are watched, in order; shared by profile, monitor and report. Immutable and thread-safe.
/// <see cref="For{T}"/> reads them from objects, <see cref="Create"/> names them for rows that are handed over as spans.
/// </summary>
public class DriftSchema
{
    internal const int MaximumColumns = 10_000;

    private readonly DriftColumn[] _numeric;
    private readonly DriftColumn[] _categorical;

    private protected DriftSchema(IReadOnlyList<DriftColumn> columns, RowNames? rowNames = null)
    {
        Columns = columns;
        RowNames = rowNames ?? RowNames.None;
        _numeric = [.. columns.Where(static c => c.Kind == ColumnKind.Numeric)];
        _categorical = [.. columns.Where(static c => c.Kind == ColumnKind.Categorical)];
        PredictionSlot = Array.Find(_numeric, static c => c.Role == ColumnRole.Prediction)?.Slot ?? -1;
    }

    /// <summary>A number that is absent, as opposed to one that is NaN. Pass it in spans; test with <see cref="IsMissing"/>, never with <c>==</c>.</summary>
    public static double Missing => BitConverter.UInt64BitsToDouble(MissingBits);

    /// <summary>All columns in the order of their declaration.</summary>
    public IReadOnlyList<DriftColumn> Columns { get; }

    internal RowNames RowNames { get; }

    internal ReadOnlySpan<DriftColumn> NumericColumns => _numeric;

    internal ReadOnlySpan<DriftColumn> CategoricalColumns => _categorical;

    internal int NumericCount => _numeric.Length;

    internal int CategoricalCount => _categorical.Length;

    /// <summary>Where the prediction stands among the numbers, or -1.</summary>
    internal int PredictionSlot { get; }

    // A quiet NaN with a payload of its own: no arithmetic produces it.
    private static ulong MissingBits => 0x7FF8_4D49_5353_4E47;

    /// <summary>Declares the columns of a type by selectors; no reflection is used.</summary>
    /// <example><code>DriftSchema.For&lt;Ride&gt;(s => s.Id(r => r.Id).Numeric(r => r.Fare).Prediction(r => r.Predicted).Label(r => r.Actual))</code></example>
    /// <exception cref="ArgumentException">A name is missing, repeated or too long, or there is no column.</exception>
    public static DriftSchema<T> For<T>(Action<DriftSchemaBuilder<T>> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        DriftSchemaBuilder<T> builder = new();
        configure(builder);
        return builder.Build();
    }

    /// <summary>Declares columns by name, for services that hand rows over as spans and for rows of a database.</summary>
    /// <exception cref="ArgumentException">A name is missing, repeated or too long, or there is no column.</exception>
    public static DriftSchema Create(Action<DriftSchemaBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        DriftSchemaBuilder builder = new();
        configure(builder);
        return new DriftSchema(builder.Columns.ToArray(), builder.RowNames);
    }

    /// <summary>Whether a number is <see cref="Missing"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsMissing(double value) => BitConverter.DoubleToUInt64Bits(value) == MissingBits;

    internal static DriftSchema Of(IReadOnlyList<DriftColumn> columns) => new(columns);

    /// <summary>The first difference that makes data of <paramref name="other"/> unusable here, in words; null when there is none.</summary>
    internal string? DifferenceFrom(DriftSchema other)
    {
        for (int i = 0; i < Math.Max(Columns.Count, other.Columns.Count); i++)
        {
            DriftColumn? mine = i < Columns.Count ? Columns[i] : null;
            DriftColumn? theirs = i < other.Columns.Count ? other.Columns[i] : null;
            if (mine?.Name != theirs?.Name || mine?.Kind != theirs?.Kind || mine?.Role != theirs?.Role)
                return $"column {i} is {Describe(mine)} here and {Describe(theirs)} there";
        }

        return null;
    }

    private static string Describe(DriftColumn? column) => column is null
        ? "absent"
        : new StringBuilder().Append('\'').Append(column.Name).Append("' (").Append(column.Kind).Append(' ').Append(column.Role).Append(')').ToString();
}
