using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlops.Mlflow;
using Mlops.Serving;
using Mlops.Serving.AspNetCore;
using Mlops.Serving.OnnxRuntime;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Server;

bool isStarted = false;
try
{
    ServerArguments.Check(args);
    WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    ServerSettings settings = ServerSettings.From(builder.Configuration);
    settings.CreateFolders();
    Listening.Configure(builder, settings);

    IMlopsStorageBuilder storage = builder.Services.AddMlopsStorage();
    if (settings.Storage is { } connection)
    {
        storage.UsePostgreSql(connection).UseFileArtifacts(settings.Artifacts);
    }
    else
    {
        storage.UseSqlite(settings.SqliteConnection);
    }

    // Tracking and the registry come with it.
    builder.Services.AddMlopsMlflow();
    builder.Services.AddHealthChecks().AddMlopsStorage();
    if (settings.Models is { } models)
    {
        builder.Services.AddMlopsServing().UseOnnxRuntime().AddModelFolder(models, static folder => folder.AllowUnknownOutputSizes = true);
        builder.Services.AddMlopsInference();
        ApiKey.AddTo(builder);
    }

    // What keeps the host from starting is told below, in one line instead of a trace.
    builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", _ => isStarted);

    await using WebApplication app = builder.Build();
    app.MapHealthChecks("/health", new HealthCheckOptions
    {
        ResponseWriter = static (context, report) => context.Response.WriteAsync(report.Status == HealthStatus.Healthy ? "OK" : report.Status.ToString()),
    });

    // Answers this machine alone. To open it: AddAuthentication, AddAuthorization, and MapMlflowApi().RequireAuthorization("policy").
    app.MapMlflowApi();
    if (settings.Models is not null)
    {
        // The same: policies in the section Mlops:Inference open it. Models are loaded and unloaded with the key of Server:ManageKey.
        app.MapMlopsInference();
        app.MapMlopsInferenceGrpc();
    }

    await app.StartAsync();
    isStarted = true;
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception exception) when (!isStarted && StartFailure.Explain(exception) is { } line)
{
    Console.Error.WriteLine($"The server does not start: {line}");
    return 1;
}
