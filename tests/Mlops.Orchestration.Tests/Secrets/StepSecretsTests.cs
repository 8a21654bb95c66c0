using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Mlops.Orchestration.Tests;

[TestFixture]
internal sealed class StepSecretsTests
{
    private static readonly JavaScriptEncoder[] Encoders = [JavaScriptEncoder.Default, JavaScriptEncoder.UnsafeRelaxedJsonEscaping, JavaScriptEncoder.Create(UnicodeRanges.All)];

    private static readonly string[] Values = ["plain-1", "quote\"d", "back\\slash", "<tag>&'+", "schlüssel\"é<", "line\nbreak"];

    [TestCaseSource(nameof(Encoders))]
    public async Task A_value_is_found_however_the_json_escapes_it(JavaScriptEncoder encoder)
    {
        var options = new JsonWriterOptions { Encoder = encoder };
        foreach (string value in Values)
        {
            StepSecrets secrets = await ReadAsync(value);

            Assert.That(() => secrets.RequireNone(Write(options, "a", $"x{value}y"), "It"), Throws.TypeOf<PermanentStepException>().With.Message.Contains("'key'"), value);
            Assert.That(() => secrets.RequireNone(Write(options, $"x{value}", "b"), "It"), Throws.TypeOf<PermanentStepException>(), "as a property's name");
            Assert.That(() => secrets.RequireNone(Write(options, "a\"", $"-{value[1..]}"), "It"), Throws.Nothing);
        }
    }

    [Test]
    public async Task Json_that_no_encoder_of_ours_wrote_is_read_and_nothing_is_nothing()
    {
        StepSecrets secrets = await ReadAsync("abcd/<");

        Assert.That(() => secrets.RequireNone("[[{\"k\": [\"\\u0061bcd\\/\\u003c\"]}]]"u8.ToArray(), "It"), Throws.TypeOf<PermanentStepException>());
        Assert.That(() => secrets.RequireNone("[1, null, \"abcd\"]"u8.ToArray(), "It"), Throws.Nothing);
        Assert.That(() => secrets.RequireNone([], "It"), Throws.Nothing);
        Assert.That(() => secrets.RequireNone("an abcd/<", "It"), Throws.TypeOf<PermanentStepException>());
        Assert.That(() => secrets.RequireNone("an abcd", "It"), Throws.Nothing);
    }

    private static async Task<StepSecrets> ReadAsync(string value)
    {
        var secrets = new StepSecrets(new Source(value));
        await secrets.GetAsync("key", "step", default);
        return secrets;
    }

    private static byte[] Write(JsonWriterOptions options, string name, string value)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartArray();
            json.WriteStartObject();
            json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        return buffer.ToArray();
    }

    private sealed class Source(string value) : ISecretSource
    {
        public ValueTask<string?> FindAsync(string name, CancellationToken cancellationToken = default) => new(value);
    }
}
