namespace Mlops.Mlflow.Tests.Models;

public abstract class ModelSuite : MlflowSuite
{
    [Test]
    public async Task A_model_is_created_and_read()
    {
        string name = Fresh("m");

        Answer created = await Server.PostAsync("registered-models/create", new { name, description = "what", tags = new[] { new { key = "team", value = "a" } } });

        Assert.That(created.Text("registered_model.name"), Is.EqualTo(name));
        Assert.That(created.Text("registered_model.description"), Is.EqualTo("what"));
        Assert.That(created.Text("registered_model.tags.0.key"), Is.EqualTo("team"));
        Assert.That(created["registered_model.creation_timestamp"].GetInt64(), Is.GreaterThan(1_700_000_000_000));
        Assert.That(created.Has("registered_model.latest_versions"), Is.False);
        Assert.That((await Server.GetAsync($"registered-models/get?name={name}")).Body, Is.EqualTo(created.Body));
        AssertRefused(await Server.PostAsync("registered-models/create", new { name }), 400, "RESOURCE_ALREADY_EXISTS", $"Registered Model (name={name}) already exists.");
        AssertRefused(await Server.GetAsync("registered-models/get?name=nobody"), 404, "RESOURCE_DOES_NOT_EXIST", "nobody");
        Assert.That((await Server.PostAsync("registered-models/create", new { name = Fresh("bare") })).Has("registered_model.description"), Is.False);
    }

    [TestCase("")]
    [TestCase("a/b")]
    [TestCase("a:b")]
    [TestCase("..")]
    [TestCase("a\nb")]
    public async Task What_is_no_name_is_refused(string name) =>
        AssertRefused(await Server.PostAsync("registered-models/create", new { name }), 400, "INVALID_PARAMETER_VALUE");

    [Test]
    public async Task A_model_is_renamed_described_and_deleted()
    {
        string name = Fresh("m"), renamed = Fresh("m"), taken = Fresh("m");
        await Server.PostAsync("registered-models/create", new { name });
        await Server.PostAsync("registered-models/create", new { name = taken });

        Assert.That((await Server.PatchAsync("registered-models/update", new { name, description = "new" })).Text("registered_model.description"), Is.EqualTo("new"));
        AssertRefused(await Server.PostAsync("registered-models/rename", new { name, new_name = taken }), 400, "RESOURCE_ALREADY_EXISTS");
        Assert.That((await Server.PostAsync("registered-models/rename", new { name, new_name = renamed })).Text("registered_model.name"), Is.EqualTo(renamed));
        AssertRefused(await Server.GetAsync($"registered-models/get?name={name}"), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertDone(await Server.DeleteAsync("registered-models/delete", new { name = renamed }));
        AssertRefused(await Server.DeleteAsync("registered-models/delete", new { name = renamed }), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertRefused(await Server.PostAsync("registered-models/rename", new { name = taken }), 400, "INVALID_PARAMETER_VALUE", "'new_name'");
    }

    [Test]
    public async Task Tags_are_set_and_removed_and_an_absent_one_is_fine()
    {
        string name = Fresh("m");
        await Server.PostAsync("registered-models/create", new { name });

        AssertDone(await Server.PostAsync("registered-models/set-tag", new { name, key = "k", value = "v" }));
        Assert.That((await Server.GetAsync($"registered-models/get?name={name}")).Text("registered_model.tags.0.value"), Is.EqualTo("v"));
        for (int i = 0; i < 2; i++)
        {
            AssertDone(await Server.DeleteAsync("registered-models/delete-tag", new { name, key = "k" }));
        }

        Assert.That((await Server.GetAsync($"registered-models/get?name={name}")).Has("registered_model.tags"), Is.False);
        AssertRefused(await Server.PostAsync("registered-models/set-tag", new { name, key = "k", value = new string('v', 5_001) }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostAsync("registered-models/set-tag", new { name, key = new string('k', 251), value = "v" }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostAsync("registered-models/set-tag", new { name = "nobody", key = "k", value = "v" }), 404, "RESOURCE_DOES_NOT_EXIST");
    }

    [Test]
    public async Task An_alias_moves_and_goes()
    {
        string name = await CreateWithVersionsAsync(2);

        AssertDone(await Server.PostAsync("registered-models/alias", new { name, alias = "champion", version = "1" }));
        AssertDone(await Server.PostAsync("registered-models/alias", new { name, alias = "champion", version = 2 }));
        Answer byAlias = await Server.GetAsync($"registered-models/alias?name={name}&alias=champion");
        Answer model = await Server.GetAsync($"registered-models/get?name={name}");

        Assert.That(byAlias.Text("model_version.version"), Is.EqualTo("2"));
        Assert.That(byAlias.Text("model_version.aliases.0"), Is.EqualTo("champion"));
        Assert.That(model["registered_model.aliases"].ToString(), Is.EqualTo("""[{"alias":"champion","version":"2"}]"""));
        for (int i = 0; i < 2; i++)
        {
            AssertDone(await Server.DeleteAsync("registered-models/alias", new { name, alias = "champion" }));
        }

        AssertRefused(await Server.GetAsync($"registered-models/alias?name={name}&alias=champion"), 400, "INVALID_PARAMETER_VALUE", "Registered model alias champion not found.");
        AssertRefused(await Server.PostAsync("registered-models/alias", new { name, alias = "champion", version = "3" }), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertRefused(await Server.GetAsync("registered-models/alias?name=nobody&alias=champion"), 404, "RESOURCE_DOES_NOT_EXIST");
    }

    [TestCase("latest")]
    [TestCase("Latest")]
    [TestCase("v1")]
    [TestCase("V22")]
    [TestCase("a b")]
    [TestCase("a.b")]
    [TestCase("")]
    public async Task Some_aliases_are_refused(string alias)
    {
        string name = await CreateWithVersionsAsync(1);

        AssertRefused(await Server.PostAsync("registered-models/alias", new { name, alias, version = "1" }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostAsync("registered-models/alias", new { name, alias = new string('a', 256), version = "1" }), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task The_newest_version_of_each_stage_is_known()
    {
        string name = await CreateWithVersionsAsync(4);
        await Server.PostAsync("model-versions/transition-stage", new { name, version = "1", stage = "Production", archive_existing_versions = false });
        await Server.PostAsync("model-versions/transition-stage", new { name, version = "2", stage = "Production", archive_existing_versions = false });

        string[] Numbers(Answer answer) => [.. answer["model_versions"].EnumerateArray().Select(static v => $"{v.GetProperty("version").GetString()}:{v.GetProperty("current_stage").GetString()}")];
        Assert.That(Numbers(await Server.GetAsync($"registered-models/get-latest-versions?name={name}")), Is.EquivalentTo(new[] { "4:None", "2:Production" }));
        Assert.That(Numbers(await Server.PostAsync("registered-models/get-latest-versions", new { name, stages = new[] { "production" } })), Is.EqualTo(new[] { "2:Production" }));
        Assert.That((await Server.GetAsync($"registered-models/get-latest-versions?name={name}&stages=Archived")).Body, Is.EqualTo("{}"));
        AssertRefused(await Server.GetAsync($"registered-models/get-latest-versions?name={name}&stages=Live"), 400, "INVALID_PARAMETER_VALUE", "Invalid Model Version stage: Live.");
        AssertRefused(await Server.GetAsync("registered-models/get-latest-versions?name=nobody"), 404, "RESOURCE_DOES_NOT_EXIST");
        Assert.That((await Server.GetAsync($"registered-models/get?name={name}"))["registered_model.latest_versions"].GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public async Task Models_are_filtered_ordered_and_paged()
    {
        string prefix = Fresh("search") + "-";
        foreach (string name in (string[])["b", "a", "c"])
        {
            await Server.PostAsync("registered-models/create", new { name = prefix + name, tags = new[] { new { key = "which", value = name } } });
        }

        string filter = Uri.EscapeDataString($"name LIKE '{prefix}%'");
        Answer first = await Server.GetAsync($"registered-models/search?filter={filter}&max_results=2");
        Answer second = await Server.GetAsync($"registered-models/search?filter={filter}&max_results=2&page_token={first.Text("next_page_token")}");
        Answer newest = await Server.GetAsync($"registered-models/search?filter={filter}&order_by=creation_timestamp%20DESC");
        Answer tagged = await Server.GetAsync($"registered-models/search?filter={Uri.EscapeDataString("tags.which = 'c' AND name ILIKE '" + prefix.ToUpperInvariant() + "%'")}");

        Assert.That(Names(first).Concat(Names(second)), Is.EqualTo(new[] { prefix + "a", prefix + "b", prefix + "c" }));
        Assert.That(second.Has("next_page_token"), Is.False);
        Assert.That(Names(newest)[0], Is.EqualTo(prefix + "c"));
        Assert.That(Names(tagged), Is.EqualTo(new[] { prefix + "c" }));
        AssertRefused(await Server.GetAsync("registered-models/search?max_results=1001"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync("registered-models/search?filter=nothing"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync("registered-models/search?order_by=colour"), 400, "INVALID_PARAMETER_VALUE");
    }

    private async Task<string> CreateWithVersionsAsync(int count)
    {
        string name = Fresh("m");
        await Server.PostAsync("registered-models/create", new { name });
        for (int i = 0; i < count; i++)
        {
            AssertDone(await Server.PostAsync("model-versions/create", new { name, source = "s3://bucket/model" }));
        }

        return name;
    }

    private static string[] Names(Answer answer) => [.. answer["registered_models"].EnumerateArray().Select(static m => m.GetProperty("name").GetString()!)];
}
