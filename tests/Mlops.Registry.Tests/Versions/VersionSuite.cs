using Mlops.Onnx;
using Mlops.Storage;

namespace Mlops.Registry.Tests.Versions;

public abstract class VersionSuite : RegistrySuite
{
    [Test]
    public async Task A_registered_version_says_what_it_was_given_and_gives_its_bytes_back()
    {
        ModelVersion version = await Registry.RegisterAsync("ridership", Content("weights"), new()
        {
            Format = ModelFormat.Other,
            RunId = "run-1",
            Description = "the first",
            Tags = new Dictionary<string, string> { ["stage"] = "trial" },
            Actor = "bob",
        });

        ModelVersion read = await Registry.GetAsync("ridership/1");
        Assert.Multiple(() =>
        {
            Assert.That((read.Model, read.Number, read.RunId, read.Description, read.Actor, read.RegisteredAt, read.Length), Is.EqualTo(("ridership", 1, "run-1", "the first", "bob", Start, 7L)));
            Assert.That(read.Hash, Is.EqualTo(ContentHash.Of("weights"u8)).And.EqualTo(version.Hash));
            Assert.That(read.Tags, Is.EquivalentTo(new Dictionary<string, string> { ["stage"] = "trial" }));
            Assert.That(read.Signature, Is.Null);
            Assert.That(read.Reference.ToString(), Is.EqualTo("ridership/1"));
        });
        Assert.That(await Registry.ReadAsync(read), Is.EqualTo("weights"u8.ToArray()));
        await using Stream stream = await Registry.OpenAsync(read);
        Assert.That(new StreamReader(stream).ReadToEnd(), Is.EqualTo("weights"));
    }

    [Test]
    public async Task Versions_are_numbered_per_model_also_when_registered_at_once()
    {
        await Registry.RegisterAsync("other", Content("x"), Other());
        ModelVersion[] versions = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(() => Registry.RegisterAsync("m", Content($"{i}"), Other()))));

        Assert.That(versions.Select(version => version.Number).Order(), Is.EqualTo(Enumerable.Range(1, 12)));
        Assert.That((await Registry.ListVersionsAsync("m", take: 5)).Select(version => version.Number), Is.EqualTo(new[] { 12, 11, 10, 9, 8 }));
        Assert.That((await Registry.ListVersionsAsync("m", before: 3)).Select(version => version.Number), Is.EqualTo(new[] { 2, 1 }));
    }

    [Test]
    public async Task A_repeated_registration_is_the_first_version_and_a_different_one_is_refused()
    {
        RegisterOptions options = Other("step/7");
        ModelVersion first = await Registry.RegisterAsync("m", Content("a"), options);
        ModelVersion[] again = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Registry.RegisterAsync("m", Content("a"), options))));

        Assert.That(again.Select(version => version.Number), Is.All.EqualTo(first.Number));
        Assert.That(async () => await Registry.RegisterAsync("m", Content("b"), options), Throws.TypeOf<IdempotencyConflictException>().With.Property("Key").EqualTo("step/7"));
        Assert.That(async () => await Registry.RegisterAsync("n", Content("a"), options), Throws.TypeOf<IdempotencyConflictException>());
        Assert.That((await Registry.RegisterAsync("m", Content("a"), Other())).Number, Is.EqualTo(2), "a refused registration uses up no number");
    }

    [Test]
    public async Task Of_eight_connections_that_register_with_one_key_all_get_one_version()
    {
        List<Database> databases = [.. Enumerable.Range(0, 8).Select(_ => Create(Folder))];
        ModelVersion[] versions = await Task.WhenAll(databases.Select(database => Task.Run(async () =>
        {
            await using ModelRegistry registry = Open(database);
            return await registry.RegisterAsync("m", Content("a"), Other("step/7"));
        })));

        Assert.That(versions.Select(static version => version.Number), Is.All.EqualTo(1));
        Assert.That(await Registry.ListVersionsAsync("m"), Has.Count.EqualTo(1));
        foreach (Database database in databases)
        {
            await database.DisposeAsync();
        }
    }

    [Test]
    public async Task The_signature_of_an_onnx_model_is_read_and_kept()
    {
        await Registry.RegisterAsync("m", Linear(1, 2, 3));

        OnnxSignature? signature = (await Registry.GetAsync("m/1")).Signature;
        Assert.That(signature?.ToString(), Is.EqualTo("(features: float32[batch,3]) -> (prediction: float32[batch,1])"));
    }

    [Test]
    public async Task Bytes_said_to_be_onnx_that_are_not_leave_no_version()
    {
        Assert.That(
            async () => await Registry.RegisterAsync("m", Content("not a model")),
            Throws.TypeOf<InvalidModelException>().With.InnerException.TypeOf<OnnxFormatException>());
        Assert.That(await Registry.FindAsync("m/1"), Is.Null);
    }

    [Test]
    public async Task The_format_is_taken_as_said_or_found_out()
    {
        ModelVersion unread = await Registry.RegisterAsync("m", Linear(1), Other());
        ModelVersion onnx = await Registry.RegisterAsync("m", Linear(1), new() { Format = ModelFormat.Detect });
        ModelVersion other = await Registry.RegisterAsync("m", Content("not a model"), new() { Format = ModelFormat.Detect });

        Assert.That((unread.Format, unread.Signature), Is.EqualTo((ModelFormat.Other, (OnnxSignature?)null)));
        Assert.That((onnx.Format, onnx.Signature is null), Is.EqualTo((ModelFormat.Onnx, false)));
        Assert.That((other.Format, other.Signature), Is.EqualTo((ModelFormat.Other, (OnnxSignature?)null)));
    }

    [Test]
    public async Task What_a_registration_returns_is_what_was_stored()
    {
        Time.Advance(TimeSpan.FromTicks(12_345));
        ModelVersion[] told =
        [
            await Registry.RegisterAsync("m", Linear(1, 2), new() { RunId = "r", Source = "s", Description = "d", Actor = "bob", Tags = new Dictionary<string, string> { ["k"] = "v" } }),
            await Registry.RegisterAsync("m", Content("other"), Other()),
        ];
        foreach (ModelVersion version in told)
        {
            ModelVersion stored = await Registry.GetAsync(version.Reference);

            Assert.That(version with { Tags = stored.Tags, Aliases = stored.Aliases, Signature = stored.Signature }, Is.EqualTo(stored));
            Assert.That(version.Tags, Is.EquivalentTo(stored.Tags));
            Assert.That((version.Aliases.Count, stored.Aliases.Count), Is.EqualTo((0, 0)));
            Assert.That(version.Signature?.ToString(), Is.EqualTo(stored.Signature?.ToString()));
        }
    }

    [Test]
    public async Task An_empty_stream_leaves_no_version()
    {
        Assert.That(async () => await Registry.RegisterAsync("m", new MemoryStream()), Throws.ArgumentException.With.Property("ParamName").EqualTo("content"));
        Assert.That((await Registry.ListModelsAsync()).Models, Is.Empty);
    }

    [Test]
    public async Task Changed_bytes_are_not_handed_out()
    {
        ModelVersion version = await Registry.RegisterAsync("m", Content("weights"), Other());
        string file = Directory.GetFiles(ArtifactFolder, "*", SearchOption.AllDirectories).Single();
        File.SetAttributes(file, FileAttributes.Normal);
        await File.WriteAllTextAsync(file, "weightz");

        Assert.That(async () => await Registry.ReadAsync(version), Throws.TypeOf<ArtifactCorruptException>());
    }

    [Test]
    public async Task The_bytes_of_a_version_outlive_a_garbage_collection()
    {
        ModelVersion version = await Registry.RegisterAsync("m", Content("weights"), Other());
        await Artifacts.CollectGarbageAsync();

        Assert.That(await Registry.ReadAsync(version), Has.Length.EqualTo(7));
    }

    [Test]
    public async Task What_is_not_there_is_null_or_a_typed_error_that_says_what_is_missing()
    {
        await RegisterAsync(1);

        Assert.That(await Registry.FindAsync("m/2"), Is.Null);
        Assert.That(await Registry.FindAsync("m@champion"), Is.Null);
        Assert.That(await Registry.FindAsync("absent@champion"), Is.Null);
        Assert.That(async () => await Registry.GetAsync("m/2"), Throws.TypeOf<VersionNotFoundException>().With.Property("Number").EqualTo(2));
        Assert.That(async () => await Registry.GetAsync("m@champion"), Throws.TypeOf<AliasNotFoundException>().With.Property("Alias").EqualTo("champion"));
        Assert.That(async () => await Registry.GetAsync("absent/1"), Throws.TypeOf<ModelNotFoundException>().With.Property("Model").EqualTo("absent"));
        Assert.That(async () => await Registry.GetAsync("absent@a"), Throws.TypeOf<ModelNotFoundException>().And.InstanceOf<RegistryException>());
    }

    [Test]
    public void A_model_name_that_is_none_is_refused_at_once()
    {
        foreach (string name in (string[])["", " a", "a ", ".", "..", "a/b", "a:b", "a@b", "a\nb", "a\u200bb", "a\u202eb", "a\ud800"])
        {
            Assert.That(() => Registry.RegisterAsync(name, Content("x")), Throws.TypeOf<InvalidNameException>().With.Property("Name").EqualTo(name));
            Assert.That(() => Registry.CreateModelAsync(name), Throws.TypeOf<InvalidNameException>());
            Assert.That(() => Registry.RenameModelAsync("m", name), Throws.TypeOf<InvalidNameException>());
            Assert.That(() => Registry.WatchAlias(name, "a"), Throws.TypeOf<InvalidNameException>());
        }
    }

    [Test]
    public async Task A_model_may_be_named_in_any_script_and_found_again()
    {
        foreach (string name in (string[])["a", "Chicago ridership v2.1 (daily)", "_-.~", "Fahrgäste", "乗客数", "\U0001F687"])
        {
            ModelVersion version = await Registry.RegisterAsync(name, Content("x"), Other());
            await Registry.SetAliasAsync(name, "champion", 1, Expected.None);

            Assert.That((await Registry.GetAsync(version.Reference.ToString())).Model, Is.EqualTo(name));
            Assert.That((await Registry.GetAsync($"{name}@champion")).Number, Is.EqualTo(1));
            Assert.That((await Registry.GetModelAsync(name)).Name, Is.EqualTo(name));
        }
    }

    [Test]
    public void An_alias_name_that_is_none_is_refused_at_once()
    {
        foreach (string name in (string[])["", "a b", ".a", "a/b", "a@b", "ä"])
        {
            Assert.That(() => Registry.SetAliasAsync("m", name, 1, Expected.Any), Throws.TypeOf<InvalidNameException>().With.Property("Name").EqualTo(name));
            Assert.That(() => Registry.WatchAlias("m", name), Throws.TypeOf<InvalidNameException>());
        }
    }

    [Test]
    public async Task Models_are_listed_with_their_aliases_and_versions_by_their_run()
    {
        await RegisterAsync(2);
        await Registry.RegisterAsync("B", Content("b"), new() { RunId = "r", Format = ModelFormat.Other });
        await Registry.RegisterAsync("a", Content("a"), new() { RunId = "r", Format = ModelFormat.Other });
        await Registry.SetAliasAsync("m", "champion", 2, Expected.None);
        await Registry.SetAliasAsync("m", "gone", 1, Expected.None);
        await Registry.RemoveAliasAsync("m", "gone", 1);

        IReadOnlyList<RegisteredModel> models = (await Registry.ListModelsAsync()).Models;
        Assert.That(models.Select(model => model.Name), Is.EqualTo(new[] { "B", "a", "m" }));
        Assert.That(models[2].LastVersion, Is.EqualTo(2));
        Assert.That(models[2].Aliases, Is.EquivalentTo(new Dictionary<string, int> { ["champion"] = 2 }));
        ModelPage first = await Registry.ListModelsAsync(new() { Take = 1 });
        Assert.That((await Registry.ListModelsAsync(new() { Take = 1, After = first.Next })).Models.Single().Name, Is.EqualTo("a"));
        Assert.That((await Registry.ListVersionsOfRunAsync("r")).Select(version => version.Model), Is.EqualTo(new[] { "B", "a" }));
    }
}
