using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Mlflow.Tests.Hosting;

[TestFixture]
public sealed class HostingTests
{
    [TestCase("MaximumBodyBytes", "999999")]
    [TestCase("MaximumBodyBytes", "2000000000")]
    [TestCase("MaximumArtifactBytes", "0")]
    public void An_option_out_of_its_range_stops_the_start(string option, string value)
    {
        string folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder([$"--Mlops:Mlflow:{option}={value}", "--urls=http://127.0.0.1:0"]);
        builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(folder, "mlflow.db")}");
        builder.Services.AddMlopsMlflow().AddMlopsMlflow();
        WebApplication application = builder.Build();

        Assert.That(async () => await application.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains(option));
    }

    [Test]
    public async Task Values_that_are_too_long_are_refused_when_they_are_not_to_be_cut()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        await using MlflowServer server = await MlflowServer.StartAsync(
            storage => storage.UseSqlite($"Data Source={Path.Combine(folder, "mlflow.db")}"),
            static services => services.Configure<MlflowOptions>(static options =>
            {
                options.TruncateLongValues = false;
                options.MaximumArtifactBytes = 10;
            }));
        string id = (await server.PostAsync("runs/create", new { })).Text("run.info.run_id");

        Answer parameter = await server.PostAsync("runs/log-parameter", new { run_id = id, key = "p", value = new string('x', 6_001) });
        Answer tag = await server.PostAsync("runs/set-tag", new { run_id = id, key = "p", value = new string('x', 8_001) });
        Answer file = await server.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{id}/artifacts/a", new byte[11]);

        Assert.That(parameter.Message, Is.EqualTo("Param value had length 6001, which exceeded length limit of 6000"));
        Assert.That(tag.Error, Is.EqualTo("INVALID_PARAMETER_VALUE"));
        Assert.That(file.Status, Is.EqualTo(413));
        Assert.That((await server.PutAsync($"/api/2.0/mlflow-artifacts/artifacts/0/{id}/artifacts/a", new byte[10])).Status, Is.EqualTo(200));
    }
}
