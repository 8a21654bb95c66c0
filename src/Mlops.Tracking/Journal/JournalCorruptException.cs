namespace Mlops.Tracking;

/// <summary>
/// A journal is damaged in its middle. What came before the damage was stored, what follows was not; the file is kept as it is.
/// </summary>
public sealed class JournalCorruptException : TrackingException
{
    internal JournalCorruptException(string path, long position)
        : base($"Replaying the journal '{path}': the record at byte {position} is damaged and others follow it. What came before is stored; the file is kept. "
            + "Restore it from a copy, or move it away to give up the rest.")
    {
        Path = path;
        Position = position;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Where the damaged record begins, in bytes.</summary>
    public long Position { get; }
}
