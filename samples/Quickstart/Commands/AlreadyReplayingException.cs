namespace Quickstart;

/// <summary>Another process replays on the same database.</summary>
public sealed class AlreadyReplayingException()
    : Exception("Another process replays on this database. Wait for it, or name another folder with --output.");
