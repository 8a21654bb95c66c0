namespace Mlops.Tracking;

/// <summary>
/// The store refuses what a handle logged at once, and would refuse it again: a value breaks a rule of its own. Nothing of it counts as
/// stored; the run goes on and is marked incomplete.
/// </summary>
public sealed class BatchRefusedException : TrackingException
{
    /// <summary>For stores: the batch will never be taken.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="status">What the store answered, in words of its protocol that quote nothing of the batch: it is logged.</param>
    /// <param name="innerException">The answer itself; null when there is nothing more to know.</param>
    public BatchRefusedException(string runId, string status, Exception? innerException = null)
        : base($"Storing what run {runId} logged: the store refuses it ({status}) and would again. See the inner exception for the rule; log what keeps it.", innerException)
    {
        RunId = runId;
        Status = status;
    }

    /// <summary>The run's id.</summary>
    public string RunId { get; }

    /// <summary>What the store answered, without anything of the batch.</summary>
    public string Status { get; }
}
