namespace Mlops.Serving;

/// <summary>Runs calls that wait, batch after batch, until none is left. Its fields change under the executor's lock while a batch is under way.</summary>
internal sealed class Runner : IThreadPoolWorkItem
{
    private readonly ModelExecutor _executor;
    private ModelCall?[] _calls = new ModelCall?[16];

    public Runner(ModelExecutor executor)
    {
        _executor = executor;
        Answered = new AnswerPass(this, executor);
    }

    /// <summary>The calls of the batch; <c>null</c> where one was withdrawn or has been told.</summary>
    public Span<ModelCall?> Calls => _calls.AsSpan(0, Count);

    public int Count { get; private set; }

    /// <summary>Calls that are in the runtime and still wanted.</summary>
    public int Wanted { get; set; }

    /// <summary>Where they run; <c>null</c> between runs.</summary>
    public RunSlot? Slot { get; set; }

    /// <summary>Its run did not end in time and another runner has its place; it ends when the run does.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>Calls of the batch that are answered, and whose callers have not gone on yet.</summary>
    public AnswerPass Answered { get; }

    public void Execute() => _executor.Work(this);

    public void Add(ModelCall call)
    {
        if (Count == _calls.Length)
            Array.Resize(ref _calls, 2 * Count);
        call.Phase = CallPhase.Copying;
        call.Runner = this;
        call.Index = Count;
        _calls[Count++] = call;
    }

    public void Clear()
    {
        Calls.Clear();
        Count = 0;
    }
}
