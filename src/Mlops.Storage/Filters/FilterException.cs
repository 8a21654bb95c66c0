namespace Mlops.Storage;

/// <summary>The text of a filter or of an order cannot be read. The message says what was found where, and what belongs there.</summary>
public sealed class FilterException : ArgumentException
{
    internal FilterException(string what, string problem, int position)
        : base($"Reading {what}: at character {position + 1}, {problem}")
    {
        Position = position;
    }

    /// <summary>Where in the text, from 0.</summary>
    public int Position { get; }
}
