using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>
/// The models of a process. A host creates and starts it; without a container, <see cref="Create"/> and
/// <see cref="StartAsync"/> do. Thread-safe.
/// </summary>
public sealed class ModelServer : IAsyncDisposable, IDisposable
{
    private readonly ServingEnvironment _environment;
    private readonly Lock _changing = new();
    private volatile FrozenDictionary<string, (ServedModel Model, object? Predictor)> _models;
    private volatile IReadOnlyList<ServedModel> _sorted;

    internal ModelServer(
        IEnumerable<ModelRegistration> registrations, ModelFolderOptions? folder, IServiceProvider services, Func<string, ModelOptions> options, IModelRuntime? runtime, ServingEnvironment environment)
    {
        _environment = environment;
        var models = new Dictionary<string, (ServedModel Model, object? Predictor)>(StringComparer.Ordinal);
        foreach (ModelRegistration registration in registrations)
            models.Add(registration.Name, registration.Build(services, options(registration.Name), runtime, environment));
        _models = models.ToFrozenDictionary(StringComparer.Ordinal);
        _sorted = Sorted(_models);
        if (folder is null)
            return;

        IModelRuntime chosen = runtime
            ?? throw new InvalidOperationException("Nothing can compute the models of the folder: call UseOnnxRuntime() of the package Mlops.Serving.OnnxRuntime.");
        var contract = new AnyModelContract();
        Folder = new ModelFolder(
            this,
            folder,
            (source, model, expected) => new Deployment(model.Name, Deployment.Numbered, options(model.Name), source, ownsSource: false, chosen, contract, environment)
            {
                Expected = expected,
                CannotBatch = model.IsBatched ? null : "its configuration says max_batch_size: 0",
            },
            environment);
    }

    /// <summary>All models, sorted by name; those of a folder come and go.</summary>
    public IReadOnlyList<ServedModel> Models => _sorted;

    /// <summary>
    /// Whether calls should be sent here: every required model (<see cref="ModelOptions.Required"/>) has a version that accepts calls, the folder,
    /// if any, has been read, and the host does not stop. Failed reloads and models of a folder do not change it.
    /// </summary>
    public bool IsReady => !IsStopping && Folder is not { HasBeenRead: false } && Models.All(static model => model.IsReady || model.IsOfFolder || !model.Options.Required);

    /// <summary>Whether the process is of use; false when a version has lost so many runs that do not end that only a restart frees them.</summary>
    public bool IsLive => Models.All(static model => model.Quarantine is null);

    /// <summary>Whether the host stops; what is asked still is answered.</summary>
    internal bool IsStopping { get; set; }

    /// <summary>The folder that models come from; <c>null</c> when there is none.</summary>
    public ModelFolder? Folder { get; }

    /// <summary>Creates a server without a container. Nothing is loaded before <see cref="StartAsync"/>.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="OptionsValidationException">The options of a model are out of range.</exception>
    /// <exception cref="InvalidOperationException">A model has no source, no runtime or no features.</exception>
    public static ModelServer Create(ModelServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ILogger logger = options.LoggerFactory?.CreateLogger<ModelServer>() ?? Microsoft.Extensions.Logging.Abstractions.NullLogger<ModelServer>.Instance;
        var environment = new ServingEnvironment(new ServingTelemetry(options.MeterFactory), [.. options.Observers], options.TimeProvider, logger)
        {
            OutcomeObservers = [.. options.OutcomeObservers],
            RolloutStore = options.RolloutStore ?? new InMemoryRolloutStore(),
        };
        return new ModelServer(options.Registrations, options.Folder, EmptyServices.Instance, options.OptionsFor, options.Runtime, environment);
    }

    /// <summary>The model of that name.</summary>
    /// <exception cref="ServedModelNotFoundException">There is none; the message names those that are registered.</exception>
    public ServedModel Get(string name) => Find(name) ?? throw NotFound(name);

    /// <summary>The model of that name, or <c>null</c>.</summary>
    public ServedModel? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _models.TryGetValue(name, out (ServedModel Model, object? Predictor) entry) ? entry.Model : null;
    }

    /// <summary>The predictor of a model. Keep it; it follows the model from version to version.</summary>
    /// <exception cref="ServedModelNotFoundException">There is no model of that name.</exception>
    /// <exception cref="InvalidOperationException">The model was registered for other types.</exception>
    public IPredictor<TIn, TOut> GetPredictor<TIn, TOut>(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_models.TryGetValue(name, out (ServedModel Model, object? Predictor) entry))
            throw NotFound(name);

        if (entry.Predictor is null)
            throw new InvalidOperationException($"Model '{name}' has no predictor: it is called with tensors only, by {nameof(ServedModel)}.{nameof(ServedModel.InferAsync)}.");
        return entry.Predictor as IPredictor<TIn, TOut>
            ?? throw new InvalidOperationException($"Model '{name}' does not predict {typeof(TOut).Name} from {typeof(TIn).Name}; use the types of its AddModel call.");
    }

    /// <summary>
    /// Starts watching the sources and loads every model, all at once. Tries all of them even if one fails.
    /// </summary>
    /// <exception cref="ModelLoadException">
    /// A model was not loaded (the first by name, if several); the others serve, and this one will once its source delivers.
    /// </exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        ModelLoadException?[] failures = await LoadAllAsync(cancellationToken).ConfigureAwait(false);
        if (failures.FirstOrDefault(static failure => failure is not null) is { } first)
            throw first;
    }

    /// <summary>Accepts no more predictions, waits for those under way and frees the models.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Folder is not null)
            await Folder.StopAsync().ConfigureAwait(false);
        if (!IsStopping)
            await RememberAsync(CancellationToken.None).ConfigureAwait(false);   // a host has done it, while its stores were open
        foreach (ServedModel model in Models)
            model.Close();
        foreach (ServedModel model in Models)
            await model.DisposeAsync().ConfigureAwait(false);
        _environment.Telemetry.Dispose();
    }

    /// <summary>As <see cref="DisposeAsync"/>, without waiting: predictions under way end undisturbed and free their model.</summary>
    public void Dispose()
    {
        Folder?.Stop();
        foreach (ServedModel model in Models)
            model.Close();
        _environment.Telemetry.Dispose();
    }

    /// <summary>Keeps what rollouts have shown for the next process.</summary>
    internal Task RememberAsync(CancellationToken cancellationToken) => Task.WhenAll(Models.Select(model => model.RememberAsync(cancellationToken)));

    /// <summary>Puts a model among those that calls find.</summary>
    internal void Add(ServedModel model) => Change(models => models.Add(model.Name, (model, null)));

    /// <summary>Takes a model away; calls under way end undisturbed. The task completes when the last one has left.</summary>
    internal async Task RemoveAsync(string name)
    {
        ServedModel? removed = Find(name);
        Change(models => models.Remove(name));
        if (removed is not null)
            await removed.DisposeAsync().ConfigureAwait(false);
    }

    internal async Task<ModelLoadException?[]> LoadAllAsync(CancellationToken cancellationToken)
    {
        ServedModel[] registered = [.. Models.Where(static model => !model.IsOfFolder)];
        await Task.WhenAll(registered.Select(model => model.RecallAsync(cancellationToken))).ConfigureAwait(false);
        foreach (ServedModel model in registered)
            model.Watch();

        Task folder = Folder?.StartAsync(cancellationToken) ?? Task.CompletedTask;
        ModelLoadException?[] failures = await Task.WhenAll(registered.Select(async model =>
        {
            try
            {
                await model.ReloadAsync(cancellationToken).ConfigureAwait(false);
                return null;
            }
            catch (ModelLoadException exception)
            {
                return exception;
            }
            finally
            {
                await model.StartBesideAsync(cancellationToken).ConfigureAwait(false);
            }
        })).ConfigureAwait(false);
        await folder.ConfigureAwait(false);
        return failures;
    }

    /// <summary>The predictor for these types when exactly one model has them.</summary>
    internal IPredictor<TIn, TOut> GetOnlyPredictor<TIn, TOut>()
    {
        IPredictor<TIn, TOut>[] fitting = [.. _models.Values.Select(static entry => entry.Predictor).OfType<IPredictor<TIn, TOut>>()];
        return fitting.Length == 1
            ? fitting[0]
            : throw new InvalidOperationException(
                $"{fitting.Length} models predict {typeof(TOut).Name} from {typeof(TIn).Name} ({string.Join(", ", fitting.Select(static p => p.Model).Order(StringComparer.Ordinal))}); choose one with [FromKeyedServices(\"name\")].");
    }

    private void Change(Action<Dictionary<string, (ServedModel Model, object? Predictor)>> change)
    {
        lock (_changing)
        {
            var models = new Dictionary<string, (ServedModel Model, object? Predictor)>(_models, StringComparer.Ordinal);
            change(models);
            _models = models.ToFrozenDictionary(StringComparer.Ordinal);
            _sorted = Sorted(_models);
        }
    }

    private static ServedModel[] Sorted(FrozenDictionary<string, (ServedModel Model, object? Predictor)> models) =>
        [.. models.Values.Select(static entry => entry.Model).OrderBy(static model => model.Name, StringComparer.Ordinal)];

    private ServedModelNotFoundException NotFound(string name) => new(name, [.. Models.Select(static model => model.Name)]);

    private sealed class EmptyServices : IServiceProvider
    {
        public static readonly EmptyServices Instance = new();

        public object? GetService(Type serviceType) => null;
    }
}
