namespace Mlops.Drift;

/// <summary>How a column's values are compared.</summary>
public enum ColumnKind
{
    /// <summary>Double-precision numbers.</summary>
    Numeric = 0,

    /// <summary>Text compared for equality.</summary>
    Categorical = 1,
}
