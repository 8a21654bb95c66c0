using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mlops.Serving.AspNetCore.Tests;
using Mlops.Serving.OnnxRuntime;

namespace Mlops.Serving.GraphQL.Tests;

/// <summary>The models of tests/reference behind GraphQL, in memory.</summary>
internal sealed class GraphQLHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GraphQLHost(WebApplication app)
    {
        _app = app;
        Http = app.GetTestClient();
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<GraphQLHost> StartAsync(Action<GraphQLInferenceOptions>? options = null, Action<WebApplicationBuilder>? build = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddMlopsServing().UseOnnxRuntime().AddModelFolder(Reference.Folder);
        builder.Services.AddMlopsInferenceGraphQL(options);
        build?.Invoke(builder);
        WebApplication app = builder.Build();

        // The server in memory has no addresses.
        app.Use(static (context, next) =>
        {
            context.Connection.RemoteIpAddress = context.Request.Headers.ContainsKey("test-remote") ? IPAddress.Parse("203.0.113.7") : IPAddress.Loopback;
            context.Connection.LocalIpAddress = IPAddress.Loopback;
            return next(context);
        });
        app.MapMlopsInferenceGraphQL();
        await app.StartAsync();
        return new GraphQLHost(app);
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string query, object? variables = null)
    {
        using HttpResponseMessage answer = await Http.PostAsJsonAsync("/graphql", new { query, variables });
        using JsonDocument body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return (answer.StatusCode, body.RootElement.Clone());
    }

    /// <summary>The data of a request in which nothing fails.</summary>
    public async Task<JsonElement> DataAsync(string query, object? variables = null)
    {
        (HttpStatusCode status, JsonElement body) = await PostAsync(query, variables);
        Assert.That((status, body.TryGetProperty("errors", out _)), Is.EqualTo((HttpStatusCode.OK, false)), body.ToString());
        return body.GetProperty("data");
    }

    /// <summary>Code and message of the first error.</summary>
    public async Task<(string Code, string Message)> ErrorAsync(string query, object? variables = null)
    {
        (_, JsonElement body) = await PostAsync(query, variables);
        Assert.That(body.TryGetProperty("errors", out JsonElement errors), Is.True, body.ToString());
        JsonElement error = errors[0];
        return (error.TryGetProperty("extensions", out JsonElement extensions) ? extensions.GetProperty("code").GetString()! : "", error.GetProperty("message").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
