namespace Mlops.Drift;

/// <summary>Columns while a schema is declared: gives them slots and keeps names unique.</summary>
internal sealed class ColumnList
{
    private const int MaximumNameLength = 128;

    private readonly List<DriftColumn> _columns = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _numeric;
    private int _categorical;

    public void Add(string name, ColumnKind kind, ColumnRole role, double? effectFloor, double? smallestShift = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > MaximumNameLength)
            throw new ArgumentException($"A column name has at most {MaximumNameLength} characters; '{name[..20]}...' has {name.Length}.", nameof(name));
        if (!_names.Add(name))
            throw new ArgumentException($"Two columns are named '{name}'; give one of them another name.", nameof(name));
        if (effectFloor is { } floor && !(floor >= 0 && double.IsFinite(floor)))
            throw new ArgumentOutOfRangeException(nameof(effectFloor), floor, $"The effect floor of '{name}' must be at least 0 and finite.");
        if (smallestShift is { } shift && !(shift > 0 && double.IsFinite(shift)))
            throw new ArgumentOutOfRangeException(nameof(smallestShift), shift, $"The smallest shift of '{name}' must be positive and finite.");
        if (smallestShift is not null && effectFloor is not null)
            throw new ArgumentException($"'{name}' has a floor in the unit of its test and one in its own; give one of them.", nameof(smallestShift));
        if (role == ColumnRole.Prediction && _columns.Exists(static c => c.Role == ColumnRole.Prediction))
            throw new ArgumentException($"'{name}' is a second prediction; a schema has one.", nameof(role));
        if (_columns.Count == DriftSchema.MaximumColumns)
            throw new ArgumentException($"A schema has at most {DriftSchema.MaximumColumns} columns.", nameof(name));
        int slot = kind == ColumnKind.Numeric ? _numeric++ : _categorical++;
        _columns.Add(new DriftColumn(name, kind, role, slot, effectFloor, smallestShift));
    }

    /// <param name="configure">What declared the columns: the argument that is wrong when there are none.</param>
    public DriftColumn[] ToArray(object? configure = null) => _columns.Count == 0
        ? throw new ArgumentException("The schema declares no column; add at least one with Numeric or Categorical.", nameof(configure))
        : [.. _columns];
}
