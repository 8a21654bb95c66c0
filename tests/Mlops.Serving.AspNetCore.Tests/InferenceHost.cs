using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mlops.Serving.OnnxRuntime;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>A web application that serves models, in memory or on a port of this machine, and a client of it.</summary>
internal sealed class InferenceHost : IAsyncDisposable
{
    private readonly WebApplication _application;

    private InferenceHost(WebApplication application, HttpClient http)
    {
        _application = application;
        Http = http;
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _application.Services;

    public ModelServer Models => Services.GetRequiredService<ModelServer>();

    /// <summary>Serves the models of tests/reference.</summary>
    public static Task<InferenceHost> StartReferenceAsync(bool onKestrel = false, Action<InferenceOptions>? options = null) =>
        StartAsync(static models => models.UseOnnxRuntime().AddModelFolder(Reference.Folder, static folder => folder.AllowUnknownOutputSizes = true), onKestrel, options);

    /// <summary>Serves models that everybody may load and unload, and whose log everybody may read.</summary>
    public static Task<InferenceHost> StartOpenAsync(Action<IMlopsServingBuilder> models) => StartAsync(
        models,
        options: static options => options.ManagePolicy = options.LogPolicy = "everybody",
        build: static builder => builder.Services.AddAuthorization(static options => options.AddPolicy("everybody", static policy => policy.RequireAssertion(static _ => true))),
        use: static application => application.UseAuthorization());

    /// <summary>Describes a model that is computed by a function.</summary>
    public static void AddModel(IMlopsServingBuilder models, FunctionRuntime runtime, Action<ModelOptions>? model = null) => models.AddModel<int, int>("m", m => m
        .WithRuntime(runtime).FromStream(static _ => ValueTask.FromResult<Stream>(new MemoryStream([1]))).Input(static (_, _) => { }).Output(static _ => 0).Configure(model ?? (static _ => { })));

    /// <summary>Serves one model that is computed by a function.</summary>
    public static Task<InferenceHost> StartAsync(FunctionRuntime runtime, Action<InferenceOptions>? options = null, Action<ModelOptions>? model = null, Action<WebApplicationBuilder>? build = null, Action<WebApplication>? use = null, Action<IEndpointConventionBuilder>? conventions = null) =>
        StartAsync(
            models => AddModel(models, runtime, model),
            onKestrel: false, options, build, use, conventions);

    public static async Task<InferenceHost> StartAsync(
        Action<IMlopsServingBuilder> models, bool onKestrel = false, Action<InferenceOptions>? options = null, Action<WebApplicationBuilder>? build = null, Action<WebApplication>? use = null, Action<IEndpointConventionBuilder>? conventions = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (onKestrel)
            builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        else
            builder.WebHost.UseTestServer();
        models(builder.Services.AddMlopsServing());
        builder.Services.AddMlopsInference(options);
        build?.Invoke(builder);
        WebApplication application = builder.Build();
        if (!onKestrel)
            application.Use(Connection.BeLocalAsync);
        use?.Invoke(application);
        IEndpointConventionBuilder api = application.MapMlopsInference();
        conventions?.Invoke(api);
        await application.StartAsync();
        HttpClient http = onKestrel ? new HttpClient { BaseAddress = new Uri(application.Urls.First()) } : application.GetTestClient();
        return new InferenceHost(application, http);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
