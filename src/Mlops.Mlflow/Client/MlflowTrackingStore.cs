using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Options;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>
/// Keeps the runs of a <see cref="Tracker"/> on an MLflow server: <c>new Tracker(new MlflowTrackingStore(http, options))</c>, or
/// <c>AddMlopsTracking().UseMlflow(...)</c>. Thread-safe.
/// </summary>
/// <remarks>
/// Whatever is sent may be sent again without harm: a server, MLflow's own or <c>MapMlflowApi()</c>, keeps a point of the same key, step, time and
/// value once, whichever requests bring it and however they are cut, and takes a parameter of the same value; points without a time get that of the
/// call, not of the attempt; and a start is looked for by a tag before it is repeated. A batch becomes as many requests as MLflow's
/// limits ask for, of which each is stored whole; the end of a run comes last. Requests are repeated when the server cannot be reached or
/// answers 408, 429, 500, 502, 503 or 504, after the time it asks for; that time is kept in memory and for the one request alone, so that a
/// process that is started anew, and another request, ask without waiting for it. Other refusals are not: they are the exception that the
/// call has over a database where there is one, else a <see cref="MlflowException"/>. Of what handles log, 400, 409, 413 and 422 are a
/// <see cref="BatchRefusedException"/> and every other refusal, as 401, 403 or a 500 that stays, a <see cref="StorageException"/>, which the
/// tracker's journal waits out.
/// Times are kept to the millisecond, and of a run's metrics only the last points come with it (<see cref="MetricSummary.IsLastOnly"/>).
/// </remarks>
public sealed partial class MlflowTrackingStore : ITrackingStore
{
    private const string NotActive = "'active' state";

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);

    private readonly MlflowClient _client;
    private readonly MlflowStoreOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Creates the store.</summary>
    /// <param name="http">
    /// Stays yours. Let its handler follow no redirects: a token is not sent on, but what is logged might be. One of <c>IHttpClientFactory</c>
    /// writes headers, the token among them, to its log at level Trace, unless its builder is told <c>RemoveAllLoggers()</c>.
    /// </param>
    /// <param name="options">Null for the defaults, with the client's <see cref="HttpClient.BaseAddress"/>.</param>
    /// <param name="timeProvider">The clock of ends without a time; null for the system's. Waits go by the machine's, so that a clock that stands still holds up nothing.</param>
    /// <exception cref="ArgumentException">There is no address, or an option is out of its range.</exception>
    public MlflowTrackingStore(HttpClient http, MlflowStoreOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        _options = options ?? new MlflowStoreOptions();
        _time = timeProvider ?? TimeProvider.System;
        Uri? address = _options.BaseAddress ?? http.BaseAddress;
        ValidateOptionsResult result = MlflowStoreOptionsValidator.Validate(_options, address);
        if (result.Failed)
        {
            throw new ArgumentException(result.FailureMessage, nameof(options));
        }

        _client = new MlflowClient(http, address!, AuthorizationOf(_options), _time, _options.MaximumAnswerBytes);
    }

    /// <summary>The clock of the waits between attempts.</summary>
    internal TimeProvider Waits { get; init; } = TimeProvider.System;

    private static AuthenticationHeaderValue? AuthorizationOf(MlflowStoreOptions options) =>
        options.Token is { } token ? new AuthenticationHeaderValue("Bearer", token)
        : options.Password is { } password ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.UserName}:{password}")))
        : null;

    /// <summary>Asks until there is an answer or the attempts are used up.</summary>
    /// <exception cref="StorageException">The server could not be reached or was busy every time.</exception>
    /// <exception cref="MlflowException">It refused, which another attempt would not change.</exception>
    private async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken, int? maximumAttempts = null)
    {
        for (int attempt = 1; ; attempt++)
        {
            Exception failure;
            try
            {
                return await ask().ConfigureAwait(false);
            }
            catch (Exception exception) when (MayPass(exception, cancellationToken))
            {
                failure = exception;
            }

            if (attempt >= (maximumAttempts ?? _options.MaximumAttempts))
            {
                // A failure of the server that stays may be one of this very request: it is not repeated for ever.
                throw failure is MlflowException { IsTransient: false } refusal ? refusal : new StorageException(
                    $"Asking the MLflow server at {_client.Host}: it cannot be reached or is busy, in {attempt} attempts. Check that it runs and that the address is right.", failure)
                {
                    IsTransient = true,
                };
            }

            TimeSpan delay = (failure as MlflowException)?.RetryAfter ?? FirstDelay * Math.Pow(2, attempt - 1);
            await Task.Delay(TimeSpan.FromTicks(Math.Clamp(delay.Ticks, 0, _options.MaximumRetryDelay.Ticks)), Waits, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>As <see cref="AskAsync{T}"/>, of a run.</summary>
    /// <exception cref="RunNotFoundException">The server has no such run.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    private async Task<T> AskOfRunAsync<T>(string runId, Func<Task<T>> ask, CancellationToken cancellationToken, int? maximumAttempts = null)
    {
        if (!RunIds.IsId(runId))
        {
            throw new RunNotFoundException(runId);
        }

        try
        {
            return await AskAsync(ask, cancellationToken, maximumAttempts).ConfigureAwait(false);
        }
        catch (MlflowException exception) when (exception.ErrorCode == ErrorCode.DoesNotExist.Name)
        {
            throw new RunNotFoundException(runId);
        }
        catch (MlflowException exception) when (IsNotActive(exception))
        {
            throw new RunDeletedException(runId, DateTimeOffset.UnixEpoch);
        }
    }

    private Task<bool> AskOfRunAsync(string runId, Func<Task> ask, CancellationToken cancellationToken, int? maximumAttempts = null) => AskOfRunAsync(
        runId,
        async () =>
        {
            await ask().ConfigureAwait(false);
            return true;
        },
        cancellationToken,
        maximumAttempts);

    private Task<MlflowRun> GetRunAsync(string runId, CancellationToken cancellationToken) =>
        AskOfRunAsync(runId, () => _client.GetRunAsync(runId, cancellationToken), cancellationToken);

    private static bool IsNotActive(MlflowException exception) =>
        exception.ErrorCode == ErrorCode.InvalidParameterValue.Name && exception.Message.Contains(NotActive, StringComparison.Ordinal);

    private static bool MayPass(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        MlflowException refusal => refusal.IsTransient || (refusal.Status == HttpStatusCode.InternalServerError && refusal.ErrorCode != ErrorCode.InvalidState.Name),
        HttpRequestException or IOException => true,

        // The client's own timeout.
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        _ => false,
    };
}
