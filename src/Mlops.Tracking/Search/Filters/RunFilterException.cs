namespace Mlops.Tracking;

/// <summary>The text of a filter of runs cannot be read.</summary>
public sealed class RunFilterException : TrackingException
{
    internal RunFilterException(string problem, int position)
        : base($"Reading a filter of runs: at character {position + 1}, {problem}")
    {
        Position = position;
    }

    /// <summary>Where in the text, from 0.</summary>
    public int Position { get; }
}
