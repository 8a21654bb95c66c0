using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Mlflow.Tests;

/// <summary>The API in a real web server on a port of this machine, and a client of it.</summary>
public sealed class MlflowServer : IAsyncDisposable
{
    public const string Api = "/api/2.0/mlflow/";

    private readonly WebApplication _application;

    private MlflowServer(WebApplication application)
    {
        _application = application;
        Http = new HttpClient { BaseAddress = new Uri(application.Urls.First()) };
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _application.Services;

    public static async Task<MlflowServer> StartAsync(
        Action<IMlopsStorageBuilder> storage, Action<IServiceCollection>? services = null, Action<IEndpointConventionBuilder>? conventions = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        storage(builder.Services.AddMlopsStorage());
        builder.Services.AddMlopsMlflow();
        services?.Invoke(builder.Services);
        WebApplication application = builder.Build();
        IEndpointConventionBuilder api = application.MapMlflowApi();
        conventions?.Invoke(api);
        await application.StartAsync();
        return new MlflowServer(application);
    }

    public Task<Answer> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, JsonSerializer.Serialize(body));

    public Task<Answer> PostTextAsync(string path, string json) => SendAsync(HttpMethod.Post, path, json);

    public Task<Answer> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, JsonSerializer.Serialize(body));

    public Task<Answer> DeleteAsync(string path, object body) => SendAsync(HttpMethod.Delete, path, JsonSerializer.Serialize(body));

    public Task<Answer> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, AddressOf(path)));

    public Task<Answer> PutAsync(string path, byte[] content) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Put, AddressOf(path)) { Content = new ByteArrayContent(content) });

    public Task<Answer> SendAsync(HttpMethod method, string path, string json) => SendAsync(new HttpRequestMessage(method, AddressOf(path))
    {
        Content = new StringContent(json, Encoding.UTF8, "application/json"),
    });

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        HttpResponseMessage response = await Http.SendAsync(request);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static Uri AddressOf(string path) => new(path.StartsWith('/') ? path : Api + path, UriKind.Relative);
}
