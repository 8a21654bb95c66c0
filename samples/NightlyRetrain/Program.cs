using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
using NightlyRetrain;

WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
string folder = builder.Configuration["folder"] ?? "nightly-retrain";
int nights = builder.Configuration.GetValue("nights", 7);
Directory.CreateDirectory(folder);

builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(folder, "mlops.db")}");
builder.Services.AddMlopsTracking();
builder.Services.AddMlopsRegistry();
builder.Services.AddMlopsServing().UseOnnxRuntime();
builder.Services.AddMlopsOrchestration().AddPipeline<RetrainPipeline>(static p => p
    .Schedule("nightly", "0 3 * * *", static interval => Night.Of(interval), new() { TimeZone = "America/Chicago", Overlap = OverlapPolicy.Queue, CatchUp = CatchUp.LastOnly }));
builder.Services.AddSingleton(new RideTable(Path.Combine(AppContext.BaseDirectory, "data", "chicago_ridership.csv")));
builder.Services.AddScoped<Training>().AddScoped<Release>();
builder.Services.AddAntiforgery();

WebApplication app = builder.Build();
app.UseAntiforgery();
app.MapNights();
await app.StartAsync();

// Once, and one night at a time: each is compared with what the one before has put in place. The night that has begun is not yet over, hence one day more.
DateTimeOffset now = app.Services.GetRequiredService<TimeProvider>().GetUtcNow();
await app.Services.GetRequiredService<Pipelines>().BackfillAsync(
    "nightly", now.AddDays(-1 - nights), now, new() { Partitions = BackfillPartitions.Missing, MaximumActive = 1, IdempotencyKey = "first-nights" });
await app.WaitForShutdownAsync();
