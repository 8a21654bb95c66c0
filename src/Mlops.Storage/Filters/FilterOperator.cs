namespace Mlops.Storage;

/// <summary>How a filter compares.</summary>
public enum FilterOperator
{
    /// <summary><c>=</c> or <c>==</c>.</summary>
    Equal,

    /// <summary><c>!=</c> or <c>&lt;&gt;</c>.</summary>
    NotEqual,

    /// <summary><c>&lt;</c>.</summary>
    Less,

    /// <summary><c>&lt;=</c>.</summary>
    LessOrEqual,

    /// <summary><c>&gt;</c>.</summary>
    Greater,

    /// <summary><c>&gt;=</c>.</summary>
    GreaterOrEqual,

    /// <summary><c>LIKE</c>: <c>%</c> is any text, <c>_</c> any character, <c>\</c> takes their meaning away.</summary>
    Like,

    /// <summary><c>ILIKE</c>: as <see cref="Like"/>, whatever the case of ASCII letters.</summary>
    LikeIgnoringCase,

    /// <summary><c>IN (...)</c>.</summary>
    In,

    /// <summary><c>NOT IN (...)</c>.</summary>
    NotIn,
}
