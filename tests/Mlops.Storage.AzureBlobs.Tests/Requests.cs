using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>Sees the requests of a client, and may act before one is sent.</summary>
internal sealed class Requests : HttpPipelinePolicy
{
    private readonly List<string> _sent = [];

    /// <summary>What was sent, in order: the method, <c>*</c> if it is on the condition that there is none, and what is put other than a blob.</summary>
    public string[] Sent
    {
        get
        {
            lock (_sent)
            {
                return [.. _sent];
            }
        }
    }

    /// <summary>Called with a request's description before it is sent.</summary>
    public Func<string, Task>? Before { get; set; }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Request request = message.Request;
        string query = request.Uri.Query;
        string what = request.Method.Method
            + (request.Headers.TryGetValue("If-None-Match", out string? condition) && condition == ETag.All.ToString() ? "*" : "")
            + (query.Contains("comp=blocklist", StringComparison.Ordinal) ? " list" : query.Contains("comp=block", StringComparison.Ordinal) ? " block" : "");
        lock (_sent)
        {
            _sent.Add(what);
        }

        if (Before is { } before)
        {
            await before(what);
        }

        await ProcessNextAsync(message, pipeline);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
