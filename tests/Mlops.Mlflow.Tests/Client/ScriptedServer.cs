using System.Net;
using System.Text;
using System.Text.Json;

namespace Mlops.Mlflow.Tests.Client;

/// <summary>Answers as a server of MLflow does, and keeps what it was asked.</summary>
internal sealed class ScriptedServer : HttpMessageHandler
{
    public const string RunId = "0123456789abcdef0123456789abcdef";

    private const string Api = "/api/2.0/mlflow/";

    private readonly List<(string Path, string Body, string? Authorization)> _requests = [];

    /// <summary>What is answered instead of what follows; null for that.</summary>
    public Func<string, HttpResponseMessage?> Answer { get; set; } = static _ => null;

    public string LastPath { get; private set; } = "";

    public string Parameters { get; set; } = "[]";

    /// <summary>Those so far; a journal may be asking meanwhile.</summary>
    public IReadOnlyList<(string Path, string Body, string? Authorization)> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    public IEnumerable<JsonElement> BodiesOf(string path) => Requests.Where(request => request.Path == path).Select(static request => JsonDocument.Parse(request.Body).RootElement);

    public static HttpResponseMessage Refusal(HttpStatusCode status, string code, string message) => new(status)
    {
        Content = new StringContent(JsonSerializer.Serialize(new { error_code = code, message }), Encoding.UTF8, "application/json"),
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        LastPath = request.RequestUri!.AbsolutePath;
        string path = LastPath[(LastPath.IndexOf(Api, StringComparison.Ordinal) is >= 0 and int at ? at + Api.Length : 1)..];
        string body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        lock (_requests)
        {
            _requests.Add((path, body, request.Headers.Authorization?.ToString()));
        }

        string run = """{"run":{"info":{"run_id":"ID","run_name":"n","experiment_id":"7","status":"RUNNING","start_time":1700000000000,"artifact_uri":"s3://bucket/7/r","lifecycle_stage":"active"},"data":{"params":PARAMS}}}"""
            .Replace("ID", RunId, StringComparison.Ordinal).Replace("PARAMS", Parameters, StringComparison.Ordinal);
        return Answer(path) ?? new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent(
                path switch
                {
                    "experiments/get-by-name" or "experiments/get" => """{"experiment":{"experiment_id":"7","name":"e","lifecycle_stage":"active","creation_time":1,"last_update_time":1}}""",
                    "runs/create" or "runs/get" => run,
                    _ => "{}",
                },
                Encoding.UTF8,
                "application/json"),
        };
    }
}
