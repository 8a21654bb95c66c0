namespace Mlops.Serving.AspNetCore;

/// <summary>Writes an answer of TensorFlow Serving.</summary>
internal static class PredictAnswer
{
    /// <summary>Writes <c>predictions</c>, one for each row: the value of the only output, or an object of all.</summary>
    /// <exception cref="WireException">An output does not have one value for each row, or none that JSON can say.</exception>
    public static void WriteRows(Utf8Text json, TensorResponse response)
    {
        TensorText[] columns = [.. response.Outputs.Select(TextOf)];
        long rows = response.Outputs[0].Shape is [var first, ..] ? first : -1;
        foreach (ModelTensor output in response.Outputs)
            if (output.Shape.Length == 0 || output.Shape[0] != rows)
                throw new WireException($"Output '{output.Name}' does not have one value for each row; ask in columns, with inputs in place of instances.");

        json.Raw("{\"predictions\":["u8);
        for (long row = 0; row < rows; row++)
        {
            if (row > 0)
                json.Raw(","u8);
            if (columns.Length == 1)
            {
                columns[0].WriteNested(json, response.Outputs[0].Shape[1..]);
                continue;
            }

            for (int i = 0; i < columns.Length; i++)
            {
                json.Raw(i == 0 ? "{"u8 : ","u8);
                json.String(response.Outputs[i].Name);
                json.Raw(":"u8);
                columns[i].WriteNested(json, response.Outputs[i].Shape[1..]);
            }

            json.Raw("}"u8);
        }

        json.Raw("]}"u8);
    }

    /// <summary>Writes <c>outputs</c>: the only output, or an object of all.</summary>
    /// <exception cref="WireException">An output has a value that JSON cannot say.</exception>
    public static void WriteColumns(Utf8Text json, TensorResponse response)
    {
        json.Raw("{\"outputs\":"u8);
        bool isOnly = response.Outputs.Count == 1;
        for (int i = 0; i < response.Outputs.Count; i++)
        {
            ModelTensor output = response.Outputs[i];
            if (!isOnly)
            {
                json.Raw(i == 0 ? "{"u8 : ","u8);
                json.String(output.Name);
                json.Raw(":"u8);
            }

            TextOf(output).WriteNested(json, output.Shape);
        }

        json.Raw(isOnly ? "}"u8 : "}}"u8);
    }

    // By the protocol, bytes that need not be text are those of outputs whose name says so.
    private static TensorText TextOf(ModelTensor output) => new(output) { AsBase64 = output.Name.EndsWith("_bytes", StringComparison.Ordinal) };
}
