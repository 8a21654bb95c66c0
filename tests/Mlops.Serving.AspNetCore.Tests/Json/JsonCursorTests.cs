using System.Globalization;
using System.Text;
using CsCheck;

namespace Mlops.Serving.AspNetCore.Tests;

[TestFixture]
public sealed class JsonCursorTests
{
    [TestCase("0", 0f)]
    [TestCase("-0", -0f)]
    [TestCase("-0.0", -0f)]
    [TestCase("1e0", 1f)]
    [TestCase("16777217", 16777216f)]
    [TestCase("16777219", 16777220f)]
    [TestCase("1.00000005960464477539062500000000000000000001", 1.0000001f)]   // above the middle of two by the last digit alone
    [TestCase("1.000000059604644775390625", 1f)]                               // the middle: to even
    [TestCase("1.1754943e-38", 1.1754943e-38f)]
    [TestCase("1e-45", 1e-45f)]
    [TestCase("1e-400", 0f)]
    [TestCase("3.4028235e38", float.MaxValue)]
    [TestCase("0.30000001192092896", 0.3f)]
    [TestCase(" 5 ", 5f)]
    [TestCase("NaN", float.NaN)]
    [TestCase("Infinity", float.PositiveInfinity)]
    [TestCase("-Infinity", float.NegativeInfinity)]
    public void A_number_is_the_nearest_float32(string text, float expected)
    {
        float read = Cursor(text).ReadSingle();

        Assert.That(BitConverter.SingleToUInt32Bits(read), Is.EqualTo(BitConverter.SingleToUInt32Bits(expected)));
    }

    [Test]
    public void Every_way_to_write_a_float32_is_read_as_it() => Gen.UInt.Select(BitConverter.UInt32BitsToSingle).Where(float.IsFinite).Sample(
        static value =>
        {
            string[] ways =
            [
                value.ToString("R", CultureInfo.InvariantCulture), value.ToString("E8", CultureInfo.InvariantCulture),
                ((double)value).ToString("R", CultureInfo.InvariantCulture), ((double)value).ToString("E40", CultureInfo.InvariantCulture),
            ];
            return ways.All(way => BitConverter.SingleToUInt32Bits(Cursor(way).ReadSingle()) == BitConverter.SingleToUInt32Bits(value));
        },
        iter: 20_000);

    /// <summary>Where rounding twice would go wrong, were it not looked for: around the middle of two neighbours.</summary>
    [Test]
    public void Numbers_beside_the_middle_of_two_float32_are_read_as_the_nearer() => Gen.Select(Gen.UInt[0x3000_0000, 0x4F00_0000], Gen.Int[-2, 2]).Sample(
        static (bits, steps) =>
        {
            double middle = ((double)BitConverter.UInt32BitsToSingle(bits) + BitConverter.UInt32BitsToSingle(bits + 1)) / 2;
            string text = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(middle) + steps).ToString("E30", CultureInfo.InvariantCulture);
            return Cursor(text).ReadSingle().Equals(float.Parse(text, CultureInfo.InvariantCulture));
        },
        iter: 20_000);

    [Test]
    public void Every_way_to_write_a_float64_is_read_as_it() => Gen.ULong.Select(BitConverter.UInt64BitsToDouble).Where(double.IsFinite).Sample(
        static value =>
        {
            string[] ways = [value.ToString("R", CultureInfo.InvariantCulture), value.ToString("E16", CultureInfo.InvariantCulture), value.ToString("E60", CultureInfo.InvariantCulture)];
            return ways.All(way => BitConverter.DoubleToUInt64Bits(Cursor(way).ReadDouble()) == BitConverter.DoubleToUInt64Bits(value));
        },
        iter: 20_000);

    [Test]
    public void Short_decimals_are_read_as_the_framework_reads_them() => Gen.Select(Gen.Long[-1_000_000_000, 1_000_000_000], Gen.Int[-30, 28]).Sample(
        static (mantissa, exponent) =>
        {
            string text = $"{mantissa}e{exponent}";
            return Cursor(text).ReadDouble().Equals(double.Parse(text, CultureInfo.InvariantCulture)) && Cursor(text).ReadSingle().Equals(float.Parse(text, CultureInfo.InvariantCulture));
        },
        iter: 20_000);

    [TestCase("01")]
    [TestCase("-")]
    [TestCase("+1")]
    [TestCase(".5")]
    [TestCase("1.")]
    [TestCase("1e")]
    [TestCase("1e+")]
    [TestCase("nan")]
    [TestCase("-NaN")]
    [TestCase("Inf")]
    [TestCase("1e39")]
    [TestCase("-3.5e38")]
    [TestCase("")]
    [TestCase("\"1\"")]
    [TestCase("true")]
    [TestCase("null")]
    public void What_is_no_number_is_refused(string text) => Assert.That(() => Cursor(text).ReadSingle(), Throws.TypeOf<WireException>());

    [TestCase("18446744073709551615", ulong.MaxValue)]
    [TestCase("-0", 0UL)]
    public void Whole_numbers_are_read_to_the_last(string text, ulong expected) => Assert.That(Cursor(text).ReadUnsigned(ulong.MaxValue, "UINT64"), Is.EqualTo(expected));

    [Test]
    public void The_smallest_whole_number_is_read() => Assert.That(Cursor("-9223372036854775808").ReadSigned(long.MaxValue, "INT64"), Is.EqualTo(long.MinValue));

    [TestCase("18446744073709551616")]
    [TestCase("-1")]
    [TestCase("1.0")]
    [TestCase("1e2")]
    [TestCase("007")]
    [TestCase("99999999999999999999999999999999")]
    public void What_is_no_unsigned_number_is_refused(string text) => Assert.That(() => Cursor(text).ReadUnsigned(ulong.MaxValue, "UINT64"), Throws.TypeOf<WireException>());

    [TestCase("128")]
    [TestCase("-129")]
    public void What_does_not_fit_is_refused(string text) => Assert.That(() => Cursor(text).ReadSigned(sbyte.MaxValue, "INT8"), Throws.TypeOf<WireException>().With.Message.Contains("INT8"));

    [Test]
    public void Strings_are_read_as_the_framework_reads_them() => Gen.String.Sample(
        static text =>
        {
            // The framework's own writer escapes all but ASCII; what it cannot say, it replaces.
            string plain = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            string[] ways = [System.Text.Json.JsonSerializer.Serialize(plain), System.Text.Json.JsonSerializer.Serialize(plain, Relaxed)];
            return ways.All(way => Cursor(way).ReadString() == plain);
        });

    [TestCase("\"abc")]
    [TestCase("\"\\x\"")]
    [TestCase("\"\\")]
    [TestCase("\"\\u12\"")]
    [TestCase("\"\\ud800\"")]
    [TestCase("\"\\udc00\\ud800\"")]
    [TestCase("\"\\u+123\"")]
    [TestCase("\"a\nb\"")]
    public void What_is_no_string_is_refused(string text) => Assert.That(() => Cursor(text).ReadString(), Throws.TypeOf<WireException>());

    [Test]
    public void What_is_not_UTF_8_is_refused() => Assert.That(static () => new JsonCursor([(byte)'"', 0xC3, 0x28, (byte)'"'], 8).ReadString(), Throws.TypeOf<WireException>());

    [TestCase("{\"a\":[1,2,{\"b\":null}],\"c\":\"d\"}", true)]
    [TestCase("[]", true)]
    [TestCase("[1,]", false)]
    [TestCase("[,1]", false)]
    [TestCase("{\"a\" 1}", false)]
    [TestCase("{\"a\":1,}", false)]
    [TestCase("{a:1}", false)]
    [TestCase("[1}", false)]
    [TestCase("[1] 2", false)]
    [TestCase("[1", false)]
    [TestCase("nul", false)]
    public void Values_are_skipped_only_when_they_are_whole(string text, bool isWhole)
    {
        void Skip()
        {
            JsonCursor json = Cursor(text);
            json.Skip();
            json.End();
        }

        Assert.That(Skip, isWhole ? Throws.Nothing : Throws.TypeOf<WireException>());
    }

    [Test]
    public void A_value_that_lies_too_deep_is_refused() =>
        Assert.That(static () => Cursor(new string('[', 100_000)).Skip(), Throws.TypeOf<WireException>().With.Message.Contains("deeper"));

    [Test]
    public void Any_bytes_are_read_or_refused_with_a_typed_error() => Gen.Byte.Array.Sample(
        static bytes =>
        {
            try
            {
                var json = new JsonCursor(bytes, 16);
                json.Skip();
                json.End();
            }
            catch (WireException)
            {
            }
        },
        iter: 20_000);

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonCursor Cursor(string text) => new(Encoding.UTF8.GetBytes(text), 32);
}
