using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Serving;

/// <summary>Describes a model: where it comes from, how rows become its input, and how its output becomes an answer.</summary>
/// <typeparam name="TIn">What a caller has.</typeparam>
/// <typeparam name="TOut">What a caller wants.</typeparam>
public sealed partial class ModelBuilder<TIn, TOut>
{
    private readonly List<(string Name, Func<TIn, float> Selector)> _features = [];
    private readonly List<Func<IServiceProvider, PredictionHandler<TIn, TOut>>> _handlers = [];
    private readonly List<Func<IServiceProvider, OutcomeHandler>> _outcomeHandlers = [];
    private readonly List<Action<ModelOptions>> _configure = [];
    private Func<IServiceProvider, IModelSource>? _source;
    private (RolloutKind Kind, Func<IServiceProvider, IModelSource> Source)? _rollout;
    private Func<IServiceProvider, IModelSource>? _shadow;
    private Func<TIn, string?>? _stickyBy;
    private bool _ownsSource;
    private Func<IServiceProvider, IModelRuntime>? _runtime;
    private InputContract<TIn>? _input;
    private string? _outputName;
    private OutputReader<TOut>? _outputReader;
    private string? _section;
    private bool _tensorsOnly;

    private ModelBuilder(string name) => Name = name;

    /// <summary>Name of the model.</summary>
    public string Name { get; }

    /// <summary>Serves one file and follows it when it changes.</summary>
    public ModelBuilder<TIn, TOut> FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _source = _ => new FileModelSource(path);
        _ownsSource = true;
        return this;
    }

    /// <summary>Serves what a stream holds; it is opened at every load, by <see cref="ServedModel.ReloadAsync"/> for example, and disposed of.</summary>
    public ModelBuilder<TIn, TOut> FromStream(Func<CancellationToken, ValueTask<Stream>> openAsync)
    {
        ArgumentNullException.ThrowIfNull(openAsync);
        return FromSource(new StreamModelSource(openAsync));
    }

    /// <summary>Serves what the source delivers; the caller keeps and disposes of it.</summary>
    public ModelBuilder<TIn, TOut> FromSource(IModelSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return FromSource(_ => source);
    }

    /// <summary>Serves what a source delivers that is found or made when the server is created; the maker disposes of it.</summary>
    public ModelBuilder<TIn, TOut> FromSource(Func<IServiceProvider, IModelSource> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        _source = factory;
        _ownsSource = false;
        return this;
    }

    /// <summary>Serves what the registered <typeparamref name="TSource"/> delivers, or one made for this model if none is registered.</summary>
    public ModelBuilder<TIn, TOut> FromSource<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSource>()
        where TSource : class, IModelSource =>
        FromSource(static services => ActivatorUtilities.GetServiceOrCreateInstance<TSource>(services));

    /// <summary>Computes this model with another runtime than the server's.</summary>
    public ModelBuilder<TIn, TOut> WithRuntime(IModelRuntime runtime)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        _runtime = _ => runtime;
        return this;
    }

    /// <summary>
    /// Adds the next column of the model's float32 input. A model that carries feature names is refused when they differ from these,
    /// apart from case and underscores.
    /// </summary>
    /// <param name="selector">Takes the value from a row.</param>
    /// <param name="name">Name of the column; by default that of the member in <c>row => row.Member</c>.</param>
    /// <param name="expression">Filled by the compiler.</param>
    /// <exception cref="ArgumentException">The selector is no plain member access, so that a name must be given; or the name is taken.</exception>
    public ModelBuilder<TIn, TOut> Feature(Func<TIn, float> selector, string? name = null, [CallerArgumentExpression(nameof(selector))] string? expression = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        string column = name ?? MemberName(expression)
            ?? throw new ArgumentException($"'{expression}' does not name a member; give the feature a name.", nameof(selector));
        if (_features.Exists(feature => feature.Name == column))
            throw new ArgumentException($"Model '{Name}' has a feature '{column}' already; give the second one a name of its own.", nameof(name));
        _features.Add((column, selector));
        return this;
    }

    /// <summary>Writes all columns of the model's float32 input at once.</summary>
    /// <param name="count">How many columns the writer fills; a model with another number is refused.</param>
    /// <param name="writer">Writes one row.</param>
    public ModelBuilder<TIn, TOut> Features(int count, FeatureWriter<TIn> writer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentNullException.ThrowIfNull(writer);
        _input = new FeatureContract<TIn>(writer, count, names: null);
        return this;
    }

    /// <summary>Fills the inputs of a model that takes more than one, or other types than float32.</summary>
    public ModelBuilder<TIn, TOut> Input(InputWriter<TIn> writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _input = new WriterContract<TIn>(writer);
        return this;
    }

    /// <summary>Names the output that the answer is read from; the model's first by default.</summary>
    public ModelBuilder<TIn, TOut> Output(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _outputName = name;
        return this;
    }

    /// <summary>
    /// Makes the answer. Not needed when <typeparamref name="TOut"/> is float, double, long, int or bool and the output has one such
    /// value per row, nor for float[].
    /// </summary>
    public ModelBuilder<TIn, TOut> Output(OutputReader<TOut> reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _outputReader = reader;
        return this;
    }

    /// <summary>
    /// Takes whatever model its source delivers, for calls with tensors (<see cref="ServedModel.InferAsync"/>) alone: there is no predictor, and nothing is demanded of its inputs
    /// and outputs but that they stay the same from version to version.
    /// </summary>
    public ModelBuilder<TIn, TOut> TensorsOnly()
    {
        _tensorsOnly = true;
        return this;
    }

    /// <summary>Sees every prediction of this model with its row; see <see cref="IPredictionObserver"/> for the rules.</summary>
    public ModelBuilder<TIn, TOut> OnPrediction(PredictionHandler<TIn, TOut> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return OnPrediction(_ => handler);
    }

    /// <summary>As <see cref="OnPrediction(PredictionHandler{TIn, TOut})"/>, with services found when the server is created.</summary>
    public ModelBuilder<TIn, TOut> OnPrediction(Func<IServiceProvider, PredictionHandler<TIn, TOut>> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        _handlers.Add(factory);
        return this;
    }

    /// <summary>Hears every outcome of this model, see <see cref="ServedModel.RecordOutcome"/>; with services found when the server is created.</summary>
    public ModelBuilder<TIn, TOut> OnOutcome(Func<IServiceProvider, OutcomeHandler> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        _outcomeHandlers.Add(factory);
        return this;
    }

    /// <summary>Changes the options of this model.</summary>
    public ModelBuilder<TIn, TOut> Configure(Action<ModelOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _configure.Add(configure);
        return this;
    }

    /// <summary>Reads the options of this model from another section than <c>Mlops:Serving:</c> and its name.</summary>
    public ModelBuilder<TIn, TOut> BindConfiguration(string section)
    {
        ArgumentException.ThrowIfNullOrEmpty(section);
        _section = section;
        return this;
    }

    /// <summary>
    /// Tries a second version out on a small share of the calls (<see cref="RolloutOptions.Share"/>); see <see cref="ServedModel.Rollout"/>. Calls of one
    /// key (<see cref="PredictionOptions.RoutingKey"/>, or <see cref="StickyBy"/>) go to one version; those without a key are split by chance.
    /// </summary>
    /// <param name="source">Delivers the second version; the caller keeps and disposes of it. Where the model's own source is an <see cref="IRolloutTarget"/>, it is told what is decided.</param>
    /// <param name="configure">Changes <see cref="ModelOptions.Rollout"/>.</param>
    public ModelBuilder<TIn, TOut> Canary(IModelSource source, Action<RolloutOptions>? configure = null) => TryOut(RolloutKind.Canary, source, configure);

    /// <summary>Splits the calls between two versions, half and half by default, and only compares them; else as <see cref="Canary(IModelSource, Action{RolloutOptions}?)"/>.</summary>
    /// <inheritdoc cref="Canary(IModelSource, Action{RolloutOptions}?)"/>
    public ModelBuilder<TIn, TOut> AbTest(IModelSource source, Action<RolloutOptions>? configure = null) => TryOut(RolloutKind.AbTest, source, configure);

    /// <summary>
    /// Keeps a second version loaded and warm for the moment when <see cref="Rollout.PromoteAsync"/> has it answer all calls; until then it answers those that
    /// ask for its number.
    /// </summary>
    /// <inheritdoc cref="Canary(IModelSource, Action{RolloutOptions}?)"/>
    public ModelBuilder<TIn, TOut> BlueGreen(IModelSource source, Action<RolloutOptions>? configure = null) => TryOut(RolloutKind.BlueGreen, source, configure);

    /// <summary>Tries a second version out whose source is found or made when the server is created; else as <see cref="Canary(IModelSource, Action{RolloutOptions}?)"/>.</summary>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    public ModelBuilder<TIn, TOut> TryOut(RolloutKind kind, Func<IServiceProvider, IModelSource> factory, Action<RolloutOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        if (!Enum.IsDefined(kind))
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of rollout.");
        if (_rollout is not null)
            throw new InvalidOperationException($"Model '{Name}' tries out one version at a time; keep one of the calls of Canary, AbTest and BlueGreen.");
        _rollout = (kind, factory);
        return configure is null ? this : Configure(options => configure(options.Rollout));
    }

    /// <summary>
    /// Has another version compute what the live one answers, for comparison only: callers and observers never see its answers. See <see cref="ServedModel.Shadow"/>.
    /// </summary>
    /// <param name="source">Delivers the version in the shadow; the caller keeps and disposes of it.</param>
    /// <param name="configure">Changes <see cref="ModelOptions.Shadow"/>.</param>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    public ModelBuilder<TIn, TOut> Shadow(IModelSource source, Action<ShadowOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Shadow(_ => source, configure);
    }

    /// <summary>As <see cref="Shadow(IModelSource, Action{ShadowOptions}?)"/>, with a source that is found or made when the server is created.</summary>
    public ModelBuilder<TIn, TOut> Shadow(Func<IServiceProvider, IModelSource> factory, Action<ShadowOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        if (_shadow is not null)
            throw new InvalidOperationException($"Model '{Name}' has a shadow already; keep one of the calls of Shadow.");
        _shadow = factory;
        return configure is null ? this : Configure(options => configure(options.Shadow));
    }

    /// <summary>Says who a row is for, where the call has no <see cref="PredictionOptions.RoutingKey"/>: a user's id, for example.</summary>
    /// <param name="key"><c>null</c> for nobody. What it throws reaches the caller.</param>
    public ModelBuilder<TIn, TOut> StickyBy(Func<TIn, string?> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        _stickyBy = key;
        return this;
    }

    private ModelBuilder<TIn, TOut> TryOut(RolloutKind kind, IModelSource source, Action<RolloutOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(source);
        return TryOut(kind, _ => source, configure);
    }

    internal static ModelRegistration Describe(string name, Action<ModelBuilder<TIn, TOut>> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        ModelName.ThrowIfInvalid(name);
        var builder = new ModelBuilder<TIn, TOut>(name);
        configure(builder);
        return new Registration(builder);
    }

    private static string? MemberName(string? expression)
    {
        // "r => r.Lag7": what follows the arrow must be the parameter, one dot and a name.
        string[] sides = (expression ?? "").Split("=>", StringSplitOptions.TrimEntries);
        string[] path = sides.Length == 2 ? sides[1].Split('.') : [];
        string parameter = sides[0].StartsWith("static ", StringComparison.Ordinal) ? sides[0]["static ".Length..].Trim() : sides[0];
        return path.Length == 2 && path[0] == parameter && path[1].All(static c => char.IsLetterOrDigit(c) || c == '_')
            ? path[1]
            : null;
    }
}
