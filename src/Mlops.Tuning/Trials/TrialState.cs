namespace Mlops.Tuning;

/// <summary>Where a trial stands. The numbers are stored.</summary>
public enum TrialState
{
    /// <summary>Enqueued, or given back in its first attempt: the next to ask begins it.</summary>
    Waiting = 0,

    /// <summary>Somebody holds it, or held it and was lost; then the next to ask takes it over.</summary>
    Running = 1,

    /// <summary>Stopped for now, to go on from its checkpoint if it turns out to be promising. Not finished.</summary>
    Paused = 2,

    /// <summary>Finished with a finite value per objective.</summary>
    Completed = 3,

    /// <summary>Finished early because it did not look promising; its last report stands for it.</summary>
    Pruned = 4,

    /// <summary>Finished without a usable value; <see cref="TrialRecord.Reason"/> says why.</summary>
    Failed = 5,
}
