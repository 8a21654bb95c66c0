using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Mlops.Serving;

/// <summary>
/// A folder of models that a server serves: which there are, in which state. A folder with a manifest (<see cref="ModelFolderManifest"/>) is
/// followed; one without is read once. Thread-safe.
/// </summary>
#pragma warning disable CA1001 // its server stops it; the semaphore and the token source have no handle to free
public sealed partial class ModelFolder
{
    private readonly ModelServer _server;
    private readonly ModelFolderOptions _options;
    private readonly Func<FolderVersionSource, ListedModel, ModelSignature?, Deployment> _deploy;
    private readonly ServingEnvironment _environment;
    private readonly string _root;
    private readonly ConcurrentDictionary<string, FolderModel> _models = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unloaded = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _syncing = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private byte[] _seen = [];
    private Task _polling = Task.CompletedTask;

    internal ModelFolder(ModelServer server, ModelFolderOptions options, Func<FolderVersionSource, ListedModel, ModelSignature?, Deployment> deploy, ServingEnvironment environment)
    {
        _server = server;
        _options = options;
        _deploy = deploy;
        _environment = environment;
        _root = Path.GetFullPath(options.Path);
    }

    /// <summary>Every version that is or should be loaded, by name and number.</summary>
    public IReadOnlyList<ModelFolderEntry> Entries =>
        [.. _models.Values.SelectMany(static model => model.Entries).OrderBy(static entry => entry.Name, StringComparer.Ordinal).ThenBy(static entry => entry.Version)];

    /// <summary>Whether the folder has been read once.</summary>
    internal bool HasBeenRead { get; private set; }

    /// <summary>Looks for the model in the folder and loads what is new of it, also after it was unloaded.</summary>
    /// <returns>The model, of which at least one version serves.</returns>
    /// <exception cref="ModelLoadException">The folder has no such model, or no version of it can be loaded; the reason is that of the newest.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public Task<ServedModel> LoadAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return LoadCoreAsync(name, cancellationToken);
    }

    /// <summary>
    /// Takes a model out of service until <see cref="LoadAsync"/>: no call finds it any more, and those under way end undisturbed. Does nothing
    /// when it is not loaded.
    /// </summary>
    public Task UnloadAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return UnloadCoreAsync(name, cancellationToken);
    }

    /// <summary>Reads the folder and begins to follow its manifest.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        await _syncing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RefreshAsync(isFirst: true, cancellationToken).ConfigureAwait(false);
            HasBeenRead = true;
            if (_polling.IsCompleted && !_stopping.IsCancellationRequested)
                _polling = PollAsync(_stopping.Token);
        }
        finally
        {
            _syncing.Release();
        }
    }

    internal async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _polling.ConfigureAwait(false);
    }

    internal void Stop() => _stopping.Cancel();

    private async Task PollAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(_options.PollInterval, _environment.TimeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                await _syncing.WaitAsync(stopping).ConfigureAwait(false);
                try
                {
                    await RefreshAsync(isFirst: false, stopping).ConfigureAwait(false);
                }
                finally
                {
                    _syncing.Release();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>Takes in what is new. A folder that cannot be read stays as it was.</summary>
    private async Task RefreshAsync(bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            if (await ModelFolderManifest.ReadBytesAsync(_root, cancellationToken).ConfigureAwait(false) is { } manifest)
            {
                byte[] hash = SHA256.HashData(manifest);
                if (hash.AsSpan().SequenceEqual(_seen))
                    await RetryAsync(cancellationToken).ConfigureAwait(false);
                else
                {
                    _seen = hash;
                    await SyncAsync(ModelFolderManifest.Parse(manifest), cancellationToken).ConfigureAwait(false);
                }
            }
            else if (isFirst)
                await SyncAsync(FolderScan.Read(_root, _environment.Logger), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            ServingLog.FolderUnreadable(_environment.Logger, _options.Path, exception);
        }
    }

    private async Task<ServedModel> LoadCoreAsync(string name, CancellationToken cancellationToken)
    {
        await _syncing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            byte[]? manifest = await ModelFolderManifest.ReadBytesAsync(_root, cancellationToken).ConfigureAwait(false);
            ListedModel? listed = manifest is not null
                ? ModelFolderManifest.Parse(manifest).FirstOrDefault(model => model.Name == name)
                : ModelName.IsFolder(name) ? FolderScan.ReadModel(new DirectoryInfo(Path.Combine(_root, name)), _environment.Logger) : null;
            if (listed is null or { Versions.Count: 0 })
                throw new ModelLoadException(name, ModelLoadFailure.NothingToServe, $"the folder has no VERSION/{FolderScan.ModelFile} of it{(manifest is null ? "" : " in its manifest")}.");

            _unloaded.Remove(name);
            FolderModel model = _models.GetOrAdd(name, static (key, folder) => new FolderModel(folder, key), this);
            await model.SyncAsync(listed, cancellationToken).ConfigureAwait(false);
            return model.Served ?? throw model.NewestFailure();
        }
        finally
        {
            _syncing.Release();
        }
    }

    private async Task UnloadCoreAsync(string name, CancellationToken cancellationToken)
    {
        await _syncing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_models.TryGetValue(name, out FolderModel? model))
                return;
            _unloaded.Add(name);
            model.Unload("unloaded");
        }
        finally
        {
            _syncing.Release();
        }
    }

    private async Task SyncAsync(IReadOnlyList<ListedModel> listed, CancellationToken cancellationToken)
    {
        foreach ((string name, FolderModel model) in _models)
        {
            if (listed.Any(other => other.Name == name))
                continue;
            model.Unload("no longer in the folder");
            _models.TryRemove(name, out _);
            _unloaded.Remove(name);
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(4, Environment.ProcessorCount), CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            listed.Where(model => !_unloaded.Contains(model.Name)),
            parallel,
            async (model, token) => await _models.GetOrAdd(model.Name, static (key, folder) => new FolderModel(folder, key), this).SyncAsync(model, token).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task RetryAsync(CancellationToken cancellationToken)
    {
        foreach (FolderModel model in _models.Values)
            if (!_unloaded.Contains(model.Name))
                await model.RetryAsync(cancellationToken).ConfigureAwait(false);
    }
}
