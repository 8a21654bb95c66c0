using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>
/// Keeps predictions: identity, version, variant, times, outputs, their outcome once it is known, and as much of their features as the options
/// allow. Taking one in copies it into memory of the log and costs no heap; when too many wait to be stored, they are dropped and counted, never a request slowed
/// down. Thread-safe. A host's <c>AddPredictionLog</c> makes one; without a container it is made here, added to <see cref="ModelServerOptions.Observers"/>
/// and <see cref="ModelServerOptions.OutcomeObservers"/>, and disposed of after the server.
/// </summary>
public sealed class PredictionLog : IPredictionObserver, IOutcomeObserver, IAsyncDisposable, IDisposable
{
    private readonly PredictionLogOptions _options;
    private readonly LogColumns.Choice? _columns;
    private readonly ulong _featureLimit;
    private readonly LogWriter _writer;

    /// <summary>Creates a log.</summary>
    /// <param name="options">What is kept; not to be changed afterwards. <c>null</c> for the defaults.</param>
    /// <param name="store">Where; memory by default.</param>
    /// <param name="timeProvider">Clock; the system's by default.</param>
    /// <param name="loggerFactory">Where to log; nowhere by default.</param>
    /// <param name="meterFactory">Maker of the meter; the log makes its own by default.</param>
    /// <exception cref="OptionsValidationException">An option is out of range.</exception>
    public PredictionLog(
        PredictionLogOptions? options = null, IPredictionLogStore? store = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null,
        IMeterFactory? meterFactory = null)
    {
        _options = options ?? new PredictionLogOptions();
        _options.Validate();
        if (_options.Features.Count > 0 && _options.FeatureShare > 0)
            _columns = new LogColumns.Choice(_options.Features);
        _featureLimit = _options.FeatureShare >= 1 ? ulong.MaxValue : (ulong)(_options.FeatureShare * ulong.MaxValue);
        ILogger logger = loggerFactory?.CreateLogger<PredictionLog>() ?? NullLogger<PredictionLog>.Instance;
        _writer = new LogWriter(
            _options, _columns?.Count ?? 0, store ?? new MemoryLogStore(_options.MaximumInMemory), timeProvider ?? TimeProvider.System, logger, meterFactory);
    }

    /// <summary>What became of the predictions and outcomes so far.</summary>
    public PredictionLogCounts Counts => _writer.Counts;

    /// <inheritdoc/>
    public void OnPrediction(in PredictionRecord record) => _writer.Add(in record, _columns is not null && KeepsFeatures(record.Id, record.Row) ? _columns.Of(in record) : null);

    /// <inheritdoc/>
    public void OnOutcome(in PredictionOutcome outcome) => _writer.Add(in outcome);

    /// <inheritdoc/>
    /// <remarks>Waits for room, at most <see cref="PredictionLogOptions.OutcomeTimeout"/>. What was taken in is stored like everything else: a killed process loses it until then.</remarks>
    public ValueTask<bool> OnOutcomeAsync(PredictionOutcome outcome, CancellationToken cancellationToken) => _writer.AddAsync(outcome, cancellationToken);

    /// <summary>Stores everything that has been taken in before.</summary>
    /// <exception cref="ObjectDisposedException">The log has been disposed of, perhaps while this waited.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what is not stored yet will be.</exception>
    /// <remarks>What the store throws reaches the caller; the log goes on trying.</remarks>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _writer.FlushAsync(cancellationToken);

    /// <summary>Those predictions that a query asks for, by the time they were made, the newest first. What waits is not among them: see <see cref="FlushAsync"/>.</summary>
    /// <exception cref="ArgumentException">The model has no name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">More are asked for than a page holds, or less than one.</exception>
    public ValueTask<IReadOnlyList<LoggedPrediction>> ListAsync(PredictionLogQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (string.IsNullOrEmpty(query.Model))
            throw new ArgumentException("The query names no model.", nameof(query));
        if (query.Take is < 1 or > PredictionLogQuery.MaximumTake)
            throw new ArgumentOutOfRangeException(nameof(query), query.Take, $"A page holds 1 to {PredictionLogQuery.MaximumTake} predictions.");
        return _writer.Store.ListAsync(query, cancellationToken);
    }

    /// <summary>Deletes every prediction that was made for a routing key before this call, with its outcome, in whatever process, as far as it is stored; in this one also what waits.</summary>
    /// <returns>How many predictions.</returns>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    /// <exception cref="InvalidOperationException">There is no <see cref="PredictionLogOptions.RoutingKeySecret"/>, so that nothing is known by its key.</exception>
    public async Task<long> DeleteByRoutingKeyAsync(string routingKey, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(routingKey);
        byte[] secret = _options.RoutingKeySecret ?? throw new InvalidOperationException(
            $"Predictions cannot be deleted by routing key, since the log keeps nothing of routing keys: set {nameof(PredictionLogOptions)}.{nameof(PredictionLogOptions.RoutingKeySecret)}.");
        await _writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        return await _writer.Store.DeleteByRoutingKeyAsync(HashOf(routingKey, secret), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes in no more and stores what waits, within <see cref="PredictionLogOptions.DrainTimeout"/>; what then still waits is lost, and logged with its number.</summary>
    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    /// <summary>As <see cref="DisposeAsync"/>, but what waits is lost.</summary>
    public void Dispose() => _writer.Dispose();

    internal static string HashOf(string routingKey, byte[] secret) => Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(routingKey)));

    // By the id and not by chance, so that every process and every look chooses the same ones. The multiplication spreads consecutive ids evenly.
    private bool KeepsFeatures(PredictionId id, int row) =>
        _featureLimit == ulong.MaxValue || unchecked(((ulong)id.ToUInt128() + ((ulong)row << 40)) * 0x9E37_79B9_7F4A_7C15) < _featureLimit;
}
