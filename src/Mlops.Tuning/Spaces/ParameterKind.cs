namespace Mlops.Tuning;

/// <summary>What a parameter's values are. A parameter keeps its kind for the life of a study.</summary>
public enum ParameterKind
{
    /// <summary>A real number, on a linear or logarithmic scale, or on a grid.</summary>
    Real = 0,

    /// <summary>A whole number, on a linear or logarithmic scale, or on a grid.</summary>
    Whole = 1,

    /// <summary>One of several named choices without an order.</summary>
    Categorical = 2,

    /// <summary>True or false.</summary>
    Boolean = 3,

    /// <summary>One of several named choices in an order.</summary>
    Ordinal = 4,
}
