using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Mlops.Serving.AspNetCore;

/// <summary>Writes the elements of tensors as JSON.</summary>
internal static class TensorText
{
    /// <summary>Writes all elements as one list.</summary>
    /// <exception cref="WireException">JSON has no form for them.</exception>
    public static void WriteFlat(Utf8Text json, ModelTensor tensor)
    {
        var elements = new Elements(tensor);
        elements.Write(json, int.MaxValue);
    }

    /// <summary>Writes lists within lists, as the shape says.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="elements">The elements that are left; those written are taken from it.</param>
    /// <param name="shape">What is left of the shape.</param>
    /// <exception cref="WireException">JSON has no form for them.</exception>
    public static void WriteNested(Utf8Text json, ref Elements elements, ReadOnlySpan<long> shape)
    {
        if (shape.Length <= 1)
        {
            if (shape.Length == 0)
                elements.WriteOne(json);
            else
                elements.Write(json, (int)shape[0]);
            return;
        }

        json.Raw("["u8);
        for (long i = 0; i < shape[0]; i++)
        {
            if (i > 0)
                json.Raw(","u8);
            WriteNested(json, ref elements, shape[1..]);
        }

        json.Raw("]"u8);
    }

    /// <summary>The elements of a tensor that have not been written.</summary>
    public ref struct Elements
    {
        private readonly string _name;
        private readonly TensorDataType _type;
        private ReadOnlySpan<byte> _rest;
        private ModelTensor.TextEnumerator _text;

        public Elements(ModelTensor tensor)
        {
            _name = tensor.Name;
            _type = tensor.Type;
            if (!_type.HasJsonForm())
                throw Formless($"{WireTypes.NameOf(_type)} has no form in JSON");
            if (_type == TensorDataType.Text)
                _text = tensor.EnumerateText();
            else
                _rest = tensor.Bytes;
        }

        /// <summary>Writes so many elements, or all that are left, as a list.</summary>
        public void Write(Utf8Text json, int most)
        {
            json.Raw("["u8);
            switch (_type)
            {
                case TensorDataType.Float32: WriteAll(json, MemoryMarshal.Cast<byte, float>(Take(most)), static (json, value) => json.Number(value)); break;
                case TensorDataType.Float64: WriteAll(json, MemoryMarshal.Cast<byte, double>(Take(most)), static (json, value) => json.Number(value)); break;
                case TensorDataType.Int64: WriteAll(json, MemoryMarshal.Cast<byte, long>(Take(most)), static (json, value) => json.Number(value)); break;
                case TensorDataType.UInt64: WriteAll(json, MemoryMarshal.Cast<byte, ulong>(Take(most)), static (json, value) => json.Number(value)); break;
                case TensorDataType.Int32: WriteAll(json, MemoryMarshal.Cast<byte, int>(Take(most)), static (json, value) => json.Number(value)); break;
                case TensorDataType.UInt32: WriteAll(json, MemoryMarshal.Cast<byte, uint>(Take(most)), static (json, value) => json.Number(value)); break;
                case TensorDataType.Int16: WriteAll(json, MemoryMarshal.Cast<byte, short>(Take(most)), static (json, value) => json.Number(value)); break;
                case TensorDataType.UInt16: WriteAll(json, MemoryMarshal.Cast<byte, ushort>(Take(most)), static (json, value) => json.Number(value)); break;
                case TensorDataType.Int8: WriteAll(json, MemoryMarshal.Cast<byte, sbyte>(Take(most)), static (json, value) => json.Number(value)); break;
                case TensorDataType.UInt8: WriteAll(json, Take(most), static (json, value) => json.Number(value)); break;
                case TensorDataType.Boolean: WriteAll(json, Take(most), static (json, value) => json.Raw(value != 0 ? "true"u8 : "false"u8)); break;
                default: WriteText(json, most); break;
            }

            json.Raw("]"u8);
        }

        /// <summary>Writes one element without a list.</summary>
        public void WriteOne(Utf8Text json)
        {
            int start = json.Length;
            Write(json, 1);
            json.RemoveBrackets(start);
        }

        private static void WriteAll<T>(Utf8Text json, ReadOnlySpan<T> values, Action<Utf8Text, T> write)
        {
            for (int i = 0; i < values.Length; i++)
            {
                if (i > 0)
                    json.Raw(","u8);
                write(json, values[i]);
            }
        }

        private ReadOnlySpan<byte> Take(int most)
        {
            int length = (int)Math.Min((long)most * _type.Size(), _rest.Length);
            ReadOnlySpan<byte> taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }

        private void WriteText(Utf8Text json, int most)
        {
            for (int i = 0; i < most && _text.MoveNext(); i++)
            {
                if (i > 0)
                    json.Raw(","u8);
                if (!Utf8.IsValid(_text.Current))
                    throw Formless("an element is not UTF-8, which JSON cannot say");
                json.String(_text.Current);
            }
        }

        private readonly WireException Formless(string why) =>
            new($"Output '{_name}' cannot be answered in JSON: {why}. Ask for it as bytes, with the parameter binary_data of the output or binary_data_output of the request, or by gRPC.");
    }
}
