using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>How a process works off steps. Section <c>Mlops:Orchestration</c>.</summary>
public sealed class PipelineWorkerOptions
{
    /// <summary>Whether the host runs a worker. False in processes that only start and watch runs. Default true.</summary>
    public bool RunWorker { get; set; } = true;

    /// <summary>Steps that run at the same time in this process. 1 to 4 096, default the number of processors.</summary>
    public int MaximumConcurrentSteps { get; set; } = Environment.ProcessorCount;

    /// <summary>
    /// How long after the end of a killed process its steps start again elsewhere, at most by a third more. Renewed every third.
    /// 1 s to 10 min, default 15 s.
    /// </summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How often work is looked for that nobody has signalled: what other processes have started, unless the engine tells (PostgreSQL does), and
    /// due times. 10 ms to 1 min, default 200 ms.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a stopping worker lets running steps end by themselves before it fires their tokens. 0 to 10 min, default 5 s.</summary>
    public TimeSpan DrainPeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a step is waited for after its token has fired, because the worker stops or because the step has reached its limit. Then the
    /// attempt is given up; a step that is still deaf keeps its slot until it ends. 0 to 10 min, default 10 s.
    /// </summary>
    public TimeSpan AbortPeriod { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Attempts of one step that may be lost with their workers before it fails: a step that brings its process down must not do so for ever.
    /// 1 to 10 000, default 100.
    /// </summary>
    public int MaximumLostAttempts { get; set; } = 100;

    /// <summary>
    /// What a committed result survives, and with it everything that follows from it: checkpoints, failures, questions. Claims are always at
    /// <see cref="Durability.Process"/>: one that is lost is made again. Default <see cref="Durability.Process"/>.
    /// </summary>
    public Durability StepDurability { get; set; } = Durability.Process;

    /// <summary>What happens to runs that were started with another form of a pipeline. Default <see cref="ChangedPipelinePolicy.Fail"/>.</summary>
    public ChangedPipelinePolicy ChangedPipelines { get; set; } = ChangedPipelinePolicy.Fail;

    /// <summary>How often a worker looks after its own steps, if a third of a lease is not shorter; tests shorten it.</summary>
    internal TimeSpan WatchInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait before what the database has refused is offered again; tests shorten it.</summary>
    internal TimeSpan LongestCommitPause { get; set; } = TimeSpan.FromSeconds(2);
}
