using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>
/// Logs to an MLflow server that exists already, and reads runs from it. Thread-safe. Nothing is repeated when it fails: that is for the
/// handlers of the <see cref="HttpClient"/>, and so is authentication.
/// </summary>
public sealed partial class MlflowClient
{
    private readonly HttpClient _http;
    private readonly Uri _server;
    private readonly AuthenticationHeaderValue? _authorization;
    private readonly TimeProvider _time;
    private readonly int _maximumAnswerBytes = MlflowStoreOptions.DefaultAnswerBytes;

    /// <summary>Creates a client.</summary>
    /// <param name="http">With the server's address as <see cref="HttpClient.BaseAddress"/>; from <c>IHttpClientFactory</c> in a host. Stays yours.</param>
    /// <param name="timeProvider">The clock of metrics without a time; null for the system's.</param>
    /// <exception cref="ArgumentException">The base address is missing.</exception>
    public MlflowClient(HttpClient http, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (http.BaseAddress is null)
        {
            throw new ArgumentException("The client has no BaseAddress; set it to the MLflow server's, for example http://localhost:5000/.", nameof(http));
        }

        _http = http;
        _server = WithSlash(http.BaseAddress);
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <param name="http">Whatever its base address is.</param>
    /// <param name="server">The server's address.</param>
    /// <param name="authorization">What every request says of who asks; null for nothing.</param>
    /// <param name="time">The clock of metrics without a time.</param>
    /// <param name="maximumAnswerBytes">See <see cref="MaximumAnswerBytes"/>.</param>
    internal MlflowClient(HttpClient http, Uri server, AuthenticationHeaderValue? authorization, TimeProvider time, int maximumAnswerBytes)
    {
        _maximumAnswerBytes = maximumAnswerBytes;
        _http = http;
        _server = WithSlash(server);
        _authorization = authorization;
        _time = time;
    }

    /// <summary>
    /// The longest answer that is read, in bytes; files are not meant. 65 536 to 1 GiB, default 256 MiB, which hold the points of a metric
    /// by the million. A longer one is a <see cref="MlflowException"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of its range.</exception>
    public int MaximumAnswerBytes
    {
        get => _maximumAnswerBytes;
        init => _maximumAnswerBytes = value is >= MlflowStoreOptions.SmallestAnswerBytes and <= MlflowStoreOptions.LargestAnswerBytes
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"An answer may have {MlflowStoreOptions.SmallestAnswerBytes} to {MlflowStoreOptions.LargestAnswerBytes} bytes.");
    }

    internal string Host => _server.Authority;

    /// <summary>The id of the experiment of this name, which is created when there is none.</summary>
    /// <exception cref="MlflowException">The server refused.</exception>
    public async Task<string> GetOrCreateExperimentAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (await FindExperimentAsync(name, cancellationToken).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        try
        {
            return await PostAsync("experiments/create", writer => writer.WriteString("name", name), static answer => MlflowRunReader.RequiredText(answer, "experiment_id"), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (MlflowException exception) when (exception.ErrorCode == ErrorCode.AlreadyExists.Name)
        {
            // Somebody was quicker.
            return await FindExperimentAsync(name, cancellationToken).ConfigureAwait(false) ?? throw new InvalidOperationException($"The experiment '{name}' exists and cannot be read.", exception);
        }
    }

    /// <summary>The name of an experiment.</summary>
    /// <exception cref="MlflowException">The server refused, or has no such experiment.</exception>
    public async Task<string> GetExperimentNameAsync(string experimentId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(experimentId);
        return await GetAsync(
            $"experiments/get?experiment_id={Uri.EscapeDataString(experimentId)}", static answer => MlflowRunReader.RequiredText(answer.GetProperty("experiment"), "name"), cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Starts a run.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="MlflowException">The server refused.</exception>
    public async Task<string> CreateRunAsync(
        string experimentId, string name, DateTimeOffset startTime, IReadOnlyDictionary<string, string>? tags = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(experimentId);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return await PostAsync("runs/create", writer =>
        {
            writer.WriteString("experiment_id", experimentId);
            writer.WriteString("run_name", name);
            writer.WriteNumber("start_time", startTime.ToUnixTimeMilliseconds());
            WireTags.Write(writer, "tags", tags ?? new Dictionary<string, string>());
        }, static answer => MlflowRunReader.RequiredText(answer.GetProperty("run").GetProperty("info"), "run_id"), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a run.</summary>
    /// <exception cref="MlflowException">The server refused, or has no such run.</exception>
    public async Task<MlflowRun> GetRunAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return await GetAsync($"runs/get?run_id={Uri.EscapeDataString(runId)}", static answer => MlflowRunReader.Read(answer.GetProperty("run")), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The id of the newest run of an experiment that has a tag of this value; null when there is none.</summary>
    /// <exception cref="MlflowException">The server refused.</exception>
    public async Task<string?> FindRunAsync(string experimentId, string tag, string value, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(experimentId);
        ArgumentException.ThrowIfNullOrEmpty(tag);
        ArgumentException.ThrowIfNullOrEmpty(value);
        string filter = MlflowFilter.Equal("tags", tag, value);
        return await PostAsync("runs/search", writer =>
        {
            writer.WriteStartArray("experiment_ids");
            writer.WriteStringValue(experimentId);
            writer.WriteEndArray();
            writer.WriteString("filter", filter);
            writer.WriteNumber("max_results", 1);
        }, static answer => MlflowRunReader.List(answer, "runs").Select(static run => MlflowRunReader.RequiredText(run.GetProperty("info"), "run_id")).FirstOrDefault(), cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Ends a run.</summary>
    /// <exception cref="MlflowException">The server refused.</exception>
    public Task EndRunAsync(string runId, RunStatus status, DateTimeOffset endTime, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return PostAsync("runs/update", writer =>
        {
            writer.WriteString("run_id", runId);
            writer.WriteString("status", RunStatuses.Name(status));
            writer.WriteNumber("end_time", endTime.ToUnixTimeMilliseconds());
        }, cancellationToken);
    }

    /// <summary>Every point of a metric, in the server's order.</summary>
    /// <exception cref="MlflowException">The server refused.</exception>
    public async Task<IReadOnlyList<MetricPoint>> GetMetricHistoryAsync(string runId, string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArgumentException.ThrowIfNullOrEmpty(key);
        return await GetAsync<MetricPoint[]>(
            $"metrics/get-history?run_id={Uri.EscapeDataString(runId)}&metric_key={Uri.EscapeDataString(key)}",
            static answer => [.. MlflowRunReader.List(answer, "metrics").Select(MlflowRunReader.ReadPoint)], cancellationToken).ConfigureAwait(false);
    }

    private async Task<string?> FindExperimentAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(
                $"experiments/get-by-name?experiment_name={Uri.EscapeDataString(name)}", static answer => MlflowRunReader.RequiredText(answer.GetProperty("experiment"), "experiment_id"), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (MlflowException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private static Uri WithSlash(Uri address) =>
        address.AbsolutePath.EndsWith('/') ? address : new UriBuilder(address) { Path = address.AbsolutePath + "/" }.Uri;

    private static string TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
