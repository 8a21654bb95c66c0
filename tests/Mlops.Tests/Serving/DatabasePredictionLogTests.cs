using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tests.Serving;

/// <summary>The prediction log in a host.</summary>
public sealed class DatabasePredictionLogTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-prediction-log-").FullName;
        using FileStream file = File.Create(Path.Combine(_folder, "model.onnx"));
        OnnxLinearRegression.Write(file, [2], bias: 1);
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task What_a_host_predicted_until_it_stopped_is_there_in_the_next([Values] bool storageFirst)
    {
        Prediction<float> prediction;
        using (IHost host = Build(storageFirst))
        {
            await host.StartAsync();
            ServedModel model = host.Services.GetRequiredService<ModelServer>().Get("m");
            prediction = await host.Services.GetRequiredService<IPredictor<ReadOnlyMemory<float>, float>>().PredictAsync(new float[] { 3 });
            model.RecordOutcome(prediction.Id, 8);
            await host.StopAsync();
        }

        using IHost next = Build(storageFirst);
        await next.StartAsync();
        LoggedPrediction kept = (await next.Services.GetRequiredService<PredictionLog>().ListAsync(new PredictionLogQuery { Model = "m" })).Single();

        Assert.That((kept.Id, kept.VersionDigest, kept.Outputs.Single(), kept.Outcome), Is.EqualTo((prediction.Id, prediction.Version.Digest, 7f, (double?)8)));
        Assert.That((kept.FeatureNames.Single(), kept.Features.Single()), Is.EqualTo(("0", 3f)), "allowed by the configuration");
        await next.StopAsync();
    }

    [Test]
    public void Without_a_database_the_start_says_how_to_choose_one()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsServing().UseOnnxRuntime().UseDatabasePredictionLog();
        using IHost host = builder.Build();

        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains("UseSqlite").And.Message.Contains("UsePostgreSql"));
    }

    [Test]
    public async Task An_option_out_of_range_stops_the_start()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Mlops:Serving:PredictionLog:RoutingKeySecret", Convert.ToBase64String(new byte[8]))]);
        builder.Services.AddMlopsServing().UseOnnxRuntime().AddPredictionLog();
        using IHost host = builder.Build();

        var error = (await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => host.StartAsync()))!;
        Assert.That(error.Message, Does.Contain("RoutingKeySecret of the prediction log has 8 bytes"));
    }

    private IHost Build(bool storageFirst)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Mlops:Serving:PredictionLog:Features:0", "0")]);
        Action<IServiceCollection>[] all =
        [
            services => services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "mlops.db")}"),
            services => services.AddMlopsServing().UseOnnxRuntime().UseDatabasePredictionLog().AddModel("m", m => m.FromFile(Path.Combine(_folder, "model.onnx"))),
        ];
        foreach (Action<IServiceCollection> add in storageFirst ? all : all.Reverse())
        {
            add(builder.Services);
        }

        return builder.Build();
    }
}
