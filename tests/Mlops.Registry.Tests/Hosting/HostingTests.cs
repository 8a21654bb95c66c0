using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Registry.Tests.Hosting;

public sealed class HostingTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-registry-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_host_registers_promotes_and_counts()
    {
        using IHost host = Build(("Mlops:Registry:Actor", "service"));
        await host.StartAsync();
        var meters = host.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();
        using var versions = new MetricCollector<long>(meters, "Mlops.Registry", "mlops.registry.versions");
        using var changes = new MetricCollector<long>(meters, "Mlops.Registry", "mlops.registry.alias.changes");
        using var promotions = new MetricCollector<long>(meters, "Mlops.Registry", "mlops.registry.promotions");

        ModelRegistry registry = host.Services.GetRequiredService<ModelRegistry>();
        ModelVersion version = await registry.RegisterAsync("m", new MemoryStream([1]), new() { Format = ModelFormat.Other });
        await registry.PromoteAsync("m", 1, [PromotionGate.CompatibleSignature]);

        Assert.That(version.Actor, Is.EqualTo("service"));
        Assert.That(versions.GetMeasurementSnapshot().EvaluateAsCounter(), Is.EqualTo(1));
        Assert.That(changes.GetMeasurementSnapshot().EvaluateAsCounter(), Is.EqualTo(1));
        Assert.That(promotions.LastMeasurement?.Tags["mlops.promotion.accepted"], Is.True);
        await host.StopAsync();
    }

    [TestCase("Actor", " ")]
    [TestCase("PollInterval", "00:00:00")]
    [TestCase("MaximumSignatureBytes", "-1")]
    public void An_option_out_of_its_range_stops_the_start(string option, string value)
    {
        using IHost host = Build(($"Mlops:Registry:{option}", value));

        Assert.That(async () => await host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains(option));
    }

    [Test]
    public void A_webhook_without_a_target_stops_the_start_and_one_name_is_one_webhook()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "mlops.db")}");
        builder.Services.AddMlopsRegistry().AddWebhook("audit").AddWebhook("audit", static options => options.Keys.Add("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        Assert.That(() => builder.Services.AddMlopsRegistry().AddWebhook(" "), Throws.ArgumentException);
        using IHost host = builder.Build();

        Assert.That(
            async () => await host.StartAsync(),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("Mlops:Registry:Webhooks:audit").And.Message.Contains("Url").And.Message.Not.Contains("whsec"));
        Assert.That(builder.Services.Count(static service => service.ServiceType == typeof(IOutboxReceiver)), Is.EqualTo(1));
    }

    private IHost Build(params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Services.AddMetrics();
        builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "mlops.db")}");
        builder.Services.AddMlopsRegistry();
        builder.Services.AddMlopsRegistry();
        return builder.Build();
    }
}
