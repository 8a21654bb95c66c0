using System.Security.Cryptography;
using System.Text;

namespace Mlops.Webhooks.Tests;

internal sealed class WebhookSignatureTests
{
    // The example of the Standard Webhooks reference libraries; recomputed with Python's hmac.
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private const string Other = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_614_265_330);
    private static readonly byte[] Body = """{"test": 2432232314}"""u8.ToArray();
    private static readonly string[] WrongKeys = ["", "whsec_", "no base64!", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY=", Convert.ToBase64String(new byte[65])];
    private static readonly string[] WrongIds = ["", "a.b", "a b", "a\nb", "ä", new('x', 2_049)];

    [Test]
    public void The_published_example_is_signed_as_published()
    {
        Assert.That(new WebhookSignature(Key).Create(Id, At, Body), Is.EqualTo(Signature));
        Assert.That(new WebhookSignature(Key["whsec_".Length..]).Create(Id, At, Body), Is.EqualTo(Signature));
    }

    [Test]
    public void The_published_example_is_genuine() =>
        Assert.That(new WebhookSignature(Key).Verify(Id, "1614265330", Signature, Body, At), Is.True);

    [Test]
    public void Either_of_two_keys_verifies_whichever_the_receiver_knows()
    {
        string both = new WebhookSignature(Other, Key).Create(Id, At, Body);

        Assert.That(both.Split(' '), Has.Length.EqualTo(2).And.Member(Signature));
        foreach (WebhookSignature receiver in (WebhookSignature[])[new(Key), new(Other), new(Key, Other)])
            Assert.That(receiver.Verify(Id, "1614265330", both, Body, At), Is.True);
        Assert.That(new WebhookSignature(Key, Other).Verify(Id, "1614265330", Signature, Body, At), Is.True);
        Assert.That(new WebhookSignature(Other).Verify(Id, "1614265330", Signature, Body, At), Is.False);
    }

    [Test]
    public void Whatever_is_changed_is_not_genuine()
    {
        WebhookSignature signature = new(Key);
        for (int i = 0; i < Body.Length; i++)
        {
            byte[] body = [.. Body];
            body[i] ^= 1;
            Assert.That(signature.Verify(Id, "1614265330", Signature, body, At), Is.False);
        }

        Assert.That(signature.Verify(Id + "x", "1614265330", Signature, Body, At), Is.False);
        Assert.That(signature.Verify(Id, "1614265331", Signature, Body, At), Is.False);
        Assert.That(signature.Verify(Id, "1614265330", Signature.Replace("g0", "h0", StringComparison.Ordinal), Body, At), Is.False);
    }

    [TestCase(300, true)]
    [TestCase(-300, true)]
    [TestCase(301, false)]
    [TestCase(-301, false)]
    public void A_message_is_fresh_for_five_minutes_either_way(int seconds, bool isFresh) =>
        Assert.That(new WebhookSignature(Key).Verify(Id, "1614265330", Signature, Body, At.AddSeconds(seconds)), Is.EqualTo(isFresh));

    [Test]
    public void The_tolerance_is_the_receiver_s()
    {
        WebhookSignature signature = new(Key);

        Assert.That(signature.Verify(Id, "1614265330", Signature, Body, At.AddDays(1), TimeSpan.FromDays(2)), Is.True);
        Assert.That(signature.Verify(Id, "1614265330", Signature, Body, At.AddSeconds(1), TimeSpan.Zero), Is.False);
        Assert.That(signature.Verify(Id, "1614265330", Signature, Body, At, TimeSpan.MaxValue), Is.True);
        Assert.That(() => signature.Verify(Id, "1614265330", Signature, Body, At, TimeSpan.FromSeconds(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Damaged_headers_are_not_genuine_and_do_not_throw()
    {
        WebhookSignature signature = new(Key);
        string[] timestamps = ["", "x", "-1614265330", "+1614265330", " 1614265330", "1614265330.0", "9223372036854775807", "99999999999999999999999"];
        string[] signatures = ["", " ", "v1", "v1,", "v1,AAAA", "v2," + Signature[3..], "V1," + Signature[3..], Signature[3..], "v1," + new string('A', 3_000), "v1,ß"];

        Assert.That(timestamps.Select(text => signature.Verify(Id, text, Signature, Body, At)), Has.All.False);
        Assert.That(signatures.Select(text => signature.Verify(Id, "1614265330", text, Body, At)), Has.All.False);
        Assert.That(signature.Verify(null, "1614265330", Signature, Body, At), Is.False);
        Assert.That(signature.Verify(Id, null, Signature, Body, At), Is.False);
        Assert.That(signature.Verify(Id, "1614265330", null, Body, At), Is.False);
        Assert.That(signature.Verify(Id, "1614265330", $"v1a,x {Signature}  v1,AAAA", Body, At), Is.True, "others are passed over");
    }

    [Test]
    public void A_boundary_between_id_and_time_cannot_be_moved()
    {
        WebhookSignature signature = new(Key);
        string moved = "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Key[6..]), Encoding.ASCII.GetBytes("a.1.1614265330.{}")));

        Assert.That(signature.Verify("a.1", "1614265330", moved, "{}"u8, At), Is.False);
    }

    [TestCaseSource(nameof(WrongKeys))]
    public void A_key_that_is_none_is_refused_without_showing_it(string key)
    {
        ArgumentException? exception = Assert.Throws<ArgumentException>(() => _ = new WebhookSignature(Key, key));

        Assert.That(exception.Message, Does.Contain("keys[1]"));
        if (key.Length > 8)
            Assert.That(exception.Message, Does.Not.Contain(key));
    }

    [Test]
    public void One_or_two_keys_are_taken()
    {
        Assert.That(() => new WebhookSignature([]), Throws.ArgumentException);
        Assert.That(() => new WebhookSignature(Key, Key, Key), Throws.ArgumentException);
    }

    [TestCaseSource(nameof(WrongIds))]
    public void An_id_that_could_be_misread_is_refused(string id) =>
        Assert.That(() => new WebhookSignature(Key).Create(id, At, Body), Throws.ArgumentException);
}
