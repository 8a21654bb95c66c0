namespace Mlops.Tracking;

/// <summary>What a journal could not do; the value of the tag <c>mlops.tracking.journal.step</c>.</summary>
internal enum JournalFailure
{
    /// <summary>Take a batch.</summary>
    Write,

    /// <summary>Open or read a file that was left behind.</summary>
    Open,

    /// <summary>Store batches in the database.</summary>
    Store,
}
