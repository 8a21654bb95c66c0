using System.Text;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>One attempt of a step while it runs: its inputs, its services, and the token that ends it.</summary>
internal sealed class StepAttempt : IAsyncDisposable
{
    /// <summary>So many artifacts of an attempt that it opens are remembered, and so many inputs and outputs each it may record.</summary>
    public const int MaximumData = 1_000;

    /// <summary>Pins last an hour.</summary>
    private static readonly TimeSpan RenewalInterval = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private Dictionary<string, byte[]>? _values;
    private Dictionary<string, List<(string Key, byte[] Payload)>>? _groups;
    private List<ArtifactUpload>? _uploads;
    private Dictionary<(StepDataKind Kind, bool IsOutput), HashSet<StepData>>? _data;
    private long _renewed;
    private AbortReason _reason;
    private long? _aborted;
    private bool _disposed;
    private StepProgress? _progress;

    public StepAttempt(
        ClaimedStep step,
        PipelineGraph graph,
        PipelineNode node,
        PayloadStore payloads,
        StepMemory memory,
        ILogger logger,
        TimeProvider? time = null,
        ISecretSource? secrets = null)
    {
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _renewed = _time.GetTimestamp();
        Secrets = new StepSecrets(secrets);
        Logger = new StepLogger(logger, _time, Secrets) { Attempt = (int)step.Attempt };
        Payloads = payloads;
        Memory = memory;
        Step = step;
        Graph = graph;
        Node = node;
        CancellationToken = _cancellation.Token;
    }

    public ClaimedStep Step { get; }

    public PipelineGraph Graph { get; }

    public PipelineNode Node { get; }

    public PayloadStore Payloads { get; }

    public StepMemory Memory { get; }

    /// <summary>What its checkpoints survive.</summary>
    public Durability Durability { get; init; }

    /// <summary>The secrets that it has read.</summary>
    public StepSecrets Secrets { get; }

    /// <summary>What it logs.</summary>
    public StepLogger Logger { get; }

    /// <summary>What still runs after the attempt was given up; null as a rule.</summary>
    public Task? Abandoned { get; set; }

    /// <summary>What the attempt has stored; the commit refers to it.</summary>
    public IReadOnlyList<ContentHash> Artifacts
    {
        get
        {
            lock (_gate)
            {
                return _uploads?.ConvertAll(static upload => upload.Artifact.Hash) ?? [];
            }
        }
    }

    /// <summary>What the attempt has read and recorded so far.</summary>
    public IReadOnlyList<StepData> Data
    {
        get
        {
            lock (_gate)
            {
                return _data is null ? [] : [.. _data.Values.SelectMany(static data => data)];
            }
        }
    }

    /// <summary>The latest report that has not been stored.</summary>
    public StepProgress? Progress
    {
        set => Volatile.Write(ref _progress, value);
    }

    /// <summary>The parameters of its step as the key for the cache holds them, where they are made for every attempt; null everywhere else.</summary>
    public byte[]? KeyParameters { get; set; }

    /// <summary>What the commit says to the cache.</summary>
    public CacheEntry? CacheEntry { get; set; }

    /// <summary>Of an approval: where it stands.</summary>
    public ApprovalGate? Gate { get; set; }

    public IServiceProvider? Services { get; set; }

    public CancellationToken CancellationToken { get; }

    /// <summary>For storing what is there. It is kept also where the worker stops or time is up; only what can no longer be committed is not stored.</summary>
    public CancellationToken StoreToken => AbortReason is AbortReason.RunCancelled or AbortReason.LeaseLost ? CancellationToken : CancellationToken.None;

    public ReadOnlySpan<byte> Item => Step.Item;

    /// <summary>What the storage that the engine uses for the attempt refused last; that is not the step's failure, also where it passed through the step's code.</summary>
    public StorageException? Refusal { get; private set; }

    public AbortReason AbortReason
    {
        get
        {
            lock (_gate)
            {
                return _reason;
            }
        }
    }

    public void Provide(string key, byte[] payload) => (_values ??= new(StringComparer.Ordinal))[key] = payload;

    public void ProvideGroup(string group, List<(string Key, byte[] Payload)> payloads) =>
        (_groups ??= new(StringComparer.Ordinal))[group] = payloads;

    public T Read<T>(string key, JsonTypeInfo<T> typeInfo) => StepJson.Deserialize(_values![key], typeInfo, key);

    public IReadOnlyList<T> ReadAll<T>(string group, JsonTypeInfo<T> typeInfo) =>
        _groups![group].ConvertAll(entry => StepJson.Deserialize(entry.Payload, typeInfo, entry.Key));

    /// <summary>The hash of an input's content: of one result, or of a group's results with their keys in the order of its items.</summary>
    public string HashInput(PipelineNode node) => node.Kind == NodeKind.Expand
        ? CacheKey.Hash(Encoding.UTF8.GetBytes(string.Join('\n', _groups![node.Key].Select(static item => $"{item.Key} {CacheKey.Hash(item.Payload)}"))))
        : CacheKey.Hash(_values![node.Key]);

    /// <summary>The same, or null where the input was not loaded.</summary>
    public string? TryHashInput(PipelineNode node) =>
        (node.Kind == NodeKind.Expand ? _groups?.ContainsKey(node.Key) : _values?.ContainsKey(node.Key)) == true ? HashInput(node) : null;

    /// <summary>What the run was started with.</summary>
    public TParameters ReadParameters<TParameters>() =>
        StepJson.Deserialize(Step.Run.Parameters, (JsonTypeInfo<TParameters>)Graph.Parameters, "parameters");

    /// <summary>Runs the step, in a scope of its own where it uses a service.</summary>
    /// <param name="scopes">Null without a container.</param>
    public async Task<StepOutput> RunAsync(IServiceScopeFactory? scopes)
    {
        if (scopes is null || Node.ServiceType is null)
        {
            return await Node.RunAsync(this).ConfigureAwait(false);
        }

        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            Services = scope.ServiceProvider;
            return await Node.RunAsync(this).ConfigureAwait(false);
        }
    }

    /// <summary>Awaits what the engine stores or loads for the attempt. An artifact that is missing or altered is no refusal: it is what the step was given to read.</summary>
    public async ValueTask<T> UseStorageAsync<T>(ValueTask<T> use)
    {
        try
        {
            return await use.ConfigureAwait(false);
        }
        catch (StorageException exception) when (exception is not (ArtifactNotFoundException or ArtifactCorruptException))
        {
            Refusal = exception;
            throw;
        }
    }

    /// <summary>Keeps an artifact pinned until the attempt is over.</summary>
    public void Keep(ArtifactUpload upload)
    {
        lock (_gate)
        {
            (_uploads ??= []).Add(upload);
        }
    }

    /// <summary>Remembers that the attempt has read or made something; false when it has recorded too much of the kind already.</summary>
    public bool TryRecord(StepData data)
    {
        lock (_gate)
        {
            _data ??= [];
            if (!_data.TryGetValue((data.Kind, data.IsOutput), out HashSet<StepData>? known))
            {
                _data.Add((data.Kind, data.IsOutput), known = []);
            }

            return known.Contains(data) || (known.Count < MaximumData && known.Add(data));
        }
    }

    /// <summary>How many more it may record.</summary>
    public int CountRoom(StepDataKind kind, bool isOutput)
    {
        lock (_gate)
        {
            return MaximumData - (_data?.GetValueOrDefault((kind, isOutput))?.Count ?? 0);
        }
    }

    /// <summary>Keeps what it has stored pinned, however long it takes. One that is gone all the same fails the commit.</summary>
    public async Task RenewUploadsAsync(CancellationToken cancellationToken)
    {
        ArtifactUpload[] uploads = [];
        lock (_gate)
        {
            if (_uploads is not null && _time.GetElapsedTime(_renewed) >= RenewalInterval)
            {
                uploads = [.. _uploads];
            }
        }

        if (uploads.Length == 0)
        {
            return;
        }

        long begun = _time.GetTimestamp();
        foreach (ArtifactUpload upload in uploads)
        {
            await upload.RenewAsync(cancellationToken).ConfigureAwait(false);
        }

        _renewed = begun;
    }

    /// <summary>The latest report, once.</summary>
    public StepProgress? TakeProgress() => Interlocked.Exchange(ref _progress, null);

    /// <summary>Fires the token; the first reason stays.</summary>
    public void Abort(AbortReason reason)
    {
        lock (_gate)
        {
            if (_reason != AbortReason.None || _disposed)
            {
                return;
            }

            _reason = reason;
            _aborted = _time.GetTimestamp();
        }

        _ = CancelAsync();
    }

    /// <summary>Whether its token fired so long ago; true once.</summary>
    public bool IsFirstSeenDeaf(TimeSpan period)
    {
        lock (_gate)
        {
            if (_aborted is not { } aborted || _time.GetElapsedTime(aborted) < period)
            {
                return false;
            }

            _aborted = null;
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _cancellation.Dispose();
        foreach (ArtifactUpload upload in _uploads ?? [])
        {
            await upload.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Callbacks that the step has registered run elsewhere; what they throw is logged and changes nothing.</summary>
    private async Task CancelAsync()
    {
        try
        {
            await _cancellation.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException exception)
        {
            // An attempt that has read secrets may throw them.
            string error = Secrets.Redact(StoredText.Describe(exception.InnerExceptions[0]));
            WorkerLog.CancellationFailed(_logger, Step.Key, Step.Run.Id, error, Secrets.IsEmpty ? exception : null);
        }
        catch (ObjectDisposedException)
        {
            // The attempt has ended meanwhile.
        }
    }
}
