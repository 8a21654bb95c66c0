namespace Mlops.Storage;

internal enum FilterTokenKind
{
    End,
    Word,
    Number,
    Sign,

    /// <summary>In apostrophes: always a value.</summary>
    Text,

    /// <summary>In quotation marks: a value, or a key.</summary>
    Quoted,

    /// <summary>In back ticks: always a key.</summary>
    Key,
}
