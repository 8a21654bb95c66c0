using System.Runtime.CompilerServices;

namespace Mlops.Drift;

/// <summary>
/// Declares how a row's columns are read. A selector that only reads a member names its column after it; any other needs a name.
/// Selectors run on the caller's thread for every row: keep them cheap, without allocation and thread-safe.
/// </summary>
public sealed class DriftSchemaBuilder<T>
{
    private readonly ColumnList _columns = new();
    private readonly List<Func<T, double>> _numbers = [];
    private readonly List<Func<T, string?>> _texts = [];
    private Func<T, PredictionKey>? _id;
    private Func<T, double>? _label;
    private Func<T, long>? _time;
    private Func<T, string?>? _version;

    internal DriftSchemaBuilder()
    {
    }

    /// <summary>What names the prediction, so that its label can follow later: text, a number or a GUID.</summary>
    public DriftSchemaBuilder<T> Id(Func<T, PredictionKey> selector) => SetOnce(ref _id, selector, nameof(Id));

    /// <summary>When the row happened. Without it, rows carry the time of their observation.</summary>
    public DriftSchemaBuilder<T> Timestamp(Func<T, DateTimeOffset> selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return SetOnce(ref _time, row => selector(row).UtcTicks, nameof(Timestamp));
    }

    /// <inheritdoc cref="Timestamp(Func{T, DateTimeOffset})"/>
    /// <remarks>A time of unspecified kind is taken as UTC.</remarks>
    public DriftSchemaBuilder<T> Timestamp(Func<T, DateTime> selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return SetOnce(ref _time, row => selector(row) is { Kind: DateTimeKind.Local } local ? local.ToUniversalTime().Ticks : selector(row).Ticks, nameof(Timestamp));
    }

    /// <inheritdoc cref="Timestamp(Func{T, DateTimeOffset})"/>
    /// <remarks>A day counts as its midnight UTC.</remarks>
    public DriftSchemaBuilder<T> Timestamp(Func<T, DateOnly> selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return SetOnce(ref _time, row => selector(row).DayNumber * TimeSpan.TicksPerDay, nameof(Timestamp));
    }

    /// <summary>The digest of the model version that made the prediction. Without it, or where it is null, the version active at observation time.</summary>
    public DriftSchemaBuilder<T> ModelVersion(Func<T, string?> selector) => SetOnce(ref _version, selector, nameof(ModelVersion));

    /// <summary>Adds a numeric input. NaN and infinities are counted apart and compared with nothing.</summary>
    /// <param name="selector">Reads the value.</param>
    /// <param name="name">The column's name; needed when the selector is more than a member access.</param>
    /// <param name="effectFloor">The smallest effect that counts as drift, in the unit of the column's test; null for its default.</param>
    /// <param name="smallestShift">Instead: the smallest shift of all values that counts, in the column's own unit.</param>
    /// <param name="expression">Filled in by the compiler.</param>
    public DriftSchemaBuilder<T> Numeric(
        Func<T, double> selector, string? name = null, double? effectFloor = null, double? smallestShift = null, [CallerArgumentExpression(nameof(selector))] string expression = "") =>
        AddNumber(selector, name, expression, ColumnRole.Feature, effectFloor, smallestShift);

    /// <summary>Adds a numeric input that may be missing (null), which is a check of its own.</summary>
    /// <inheritdoc cref="Numeric(Func{T, double}, string?, double?, double?, string)" path="/param"/>
    public DriftSchemaBuilder<T> Numeric(
        Func<T, double?> selector, string? name = null, double? effectFloor = null, double? smallestShift = null, [CallerArgumentExpression(nameof(selector))] string expression = "") =>
        AddNumber(Present(selector), name, expression, ColumnRole.Feature, effectFloor, smallestShift);

    /// <summary>Adds a categorical input; null is missing.</summary>
    /// <param name="selector">Reads the value.</param>
    /// <param name="name">The column's name; needed when the selector is more than a member access.</param>
    /// <param name="effectFloor">The smallest effect that counts as drift, in the unit of the column's test; null for its default.</param>
    /// <param name="expression">Filled in by the compiler.</param>
    public DriftSchemaBuilder<T> Categorical(
        Func<T, string?> selector, string? name = null, double? effectFloor = null, [CallerArgumentExpression(nameof(selector))] string expression = "") =>
        AddText(selector, name, expression, ColumnRole.Feature, effectFloor);

    /// <summary>Adds a categorical input whose categories are the names of an enumeration.</summary>
    /// <inheritdoc cref="Categorical(Func{T, string?}, string?, double?, string)" path="/param"/>
    public DriftSchemaBuilder<T> Categorical<TEnum>(
        Func<T, TEnum> selector, string? name = null, double? effectFloor = null, [CallerArgumentExpression(nameof(selector))] string expression = "")
        where TEnum : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(selector);
        return AddText(row => selector(row) is var value ? Enum.GetName(value) ?? value.ToString() : null, name, expression, ColumnRole.Feature, effectFloor);
    }

    /// <summary>Adds a categorical input whose categories are integers.</summary>
    /// <inheritdoc cref="Categorical(Func{T, string?}, string?, double?, string)" path="/param"/>
    public DriftSchemaBuilder<T> Categorical(
        Func<T, long> selector, string? name = null, double? effectFloor = null, [CallerArgumentExpression(nameof(selector))] string expression = "")
    {
        ArgumentNullException.ThrowIfNull(selector);
        return AddText(row => NumberText.Of(selector(row)), name, expression, ColumnRole.Feature, effectFloor);
    }

    /// <summary>Adds a categorical input of the two categories <c>true</c> and <c>false</c>.</summary>
    /// <inheritdoc cref="Categorical(Func{T, string?}, string?, double?, string)" path="/param"/>
    public DriftSchemaBuilder<T> Categorical(
        Func<T, bool> selector, string? name = null, double? effectFloor = null, [CallerArgumentExpression(nameof(selector))] string expression = "")
    {
        ArgumentNullException.ThrowIfNull(selector);
        return AddText(row => selector(row) ? "true" : "false", name, expression, ColumnRole.Feature, effectFloor);
    }

    /// <summary>Adds the model's numeric output, which is watched like an input and compared with the label.</summary>
    /// <inheritdoc cref="Numeric(Func{T, double}, string?, double?, double?, string)" path="/param"/>
    public DriftSchemaBuilder<T> Prediction(
        Func<T, double> selector, string? name = null, double? effectFloor = null, double? smallestShift = null, [CallerArgumentExpression(nameof(selector))] string expression = "") =>
        AddNumber(selector, name, expression, ColumnRole.Prediction, effectFloor, smallestShift);

    /// <summary>What really happened, where the row knows it already. Labels that arrive later are joined by the prediction's id.</summary>
    public DriftSchemaBuilder<T> Label(Func<T, double> selector) => SetOnce(ref _label, selector, nameof(Label));

    /// <inheritdoc cref="Label(Func{T, double})"/>
    /// <remarks>Null: not known yet.</remarks>
    public DriftSchemaBuilder<T> Label(Func<T, double?> selector) => SetOnce(ref _label, Present(selector), nameof(Label));

    /// <summary>Adds a column that divides the rows into groups.</summary>
    /// <inheritdoc cref="Categorical(Func{T, string?}, string?, double?, string)" path="/param"/>
    public DriftSchemaBuilder<T> Segment(
        Func<T, string?> selector, string? name = null, double? effectFloor = null, [CallerArgumentExpression(nameof(selector))] string expression = "") =>
        AddText(selector, name, expression, ColumnRole.Segment, effectFloor);

    internal DriftSchema<T> Build() => new(_columns.ToArray(), [.. _numbers], [.. _texts], _id, _label, _time, _version);

    private static Func<T, double> Present(Func<T, double?> selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return row => selector(row) ?? DriftSchema.Missing;
    }

    private DriftSchemaBuilder<T> SetOnce<TResult>(ref Func<T, TResult>? field, Func<T, TResult> selector, string what)
    {
        ArgumentNullException.ThrowIfNull(selector);
        if (field is not null)
            throw new ArgumentException($"{what} was declared already; a schema has one.", nameof(selector));
        field = selector;
        return this;
    }

    private DriftSchemaBuilder<T> AddNumber(Func<T, double> selector, string? name, string expression, ColumnRole role, double? effectFloor, double? smallestShift)
    {
        ArgumentNullException.ThrowIfNull(selector);
        _columns.Add(SelectorName.Of(expression, name), ColumnKind.Numeric, role, effectFloor, smallestShift);
        _numbers.Add(selector);
        return this;
    }

    private DriftSchemaBuilder<T> AddText(Func<T, string?> selector, string? name, string expression, ColumnRole role, double? effectFloor)
    {
        ArgumentNullException.ThrowIfNull(selector);
        _columns.Add(SelectorName.Of(expression, name), ColumnKind.Categorical, role, effectFloor);
        _texts.Add(selector);
        return this;
    }
}
