using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlops.Mlflow;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Server;

WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
ServerSettings settings = ServerSettings.From(builder.Configuration);
Directory.CreateDirectory(settings.Data);

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

WebApplication app = builder.Build();
app.MapHealthChecks("/health", new HealthCheckOptions
{
    ResponseWriter = static (context, report) => context.Response.WriteAsync(report.Status == HealthStatus.Healthy ? "OK" : report.Status.ToString()),
});

// Answers this machine alone. To open it: AddAuthentication, AddAuthorization, and MapMlflowApi().RequireAuthorization("policy").
app.MapMlflowApi();
await app.RunAsync();
