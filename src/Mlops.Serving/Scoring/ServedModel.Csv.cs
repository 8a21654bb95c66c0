using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Mlops.Serving;

public sealed partial class ServedModel
{
    private const int ProgressRows = 1_000;

    /// <summary>
    /// Scores a CSV file (RFC 4180, UTF-8, names in the first line) and writes another, row by row in the same order: the columns of the file, one for each number of the
    /// model's outputs, and <c>prediction_id</c>, <c>model_version</c> and <c>error</c>, with a number behind it where a name is taken. A row that is no
    /// row of numbers, or that the model cannot answer, has an error and no answer; the others are not concerned. Memory does not grow with the file.
    /// </summary>
    /// <param name="input">The file; left open.</param>
    /// <param name="output">Where the answers go; left open.</param>
    /// <param name="options">Columns and how many rows at once; <c>null</c> for the defaults.</param>
    /// <param name="progress">Told after every thousand rows and at the end.</param>
    /// <param name="cancellationToken">Ends it; the rows so far are written.</param>
    /// <returns>How many rows, and how many have an error.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="CsvFormatException">The file is not CSV, or has not the model's columns; the rows before are written.</exception>
    /// <exception cref="InvalidInputException">The model does not take one vector of float32, or an output cannot be written.</exception>
    /// <exception cref="ModelUnavailableException">No version serves.</exception>
    public async Task<ScoringProgress> ScoreCsvAsync(
        Stream input, Stream output, CsvScoringOptions? options = null, IProgress<ScoringProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        options ??= new CsvScoringOptions();
        CsvScoringOptions.Validate(options);
        ModelSignature signature = Signature ?? throw new ModelUnavailableException(Name, LastFailure);
        if (signature.Inputs is not [{ Type: TensorDataType.Float32, ElementsPerRow: not null }])
            throw new InvalidInputException(Name, $"a row of a CSV file is one vector of float32, and it takes {string.Join(", ", signature.Inputs)}");

        var outputs = CsvOutputs.Of(Name, signature, options.Outputs);
        var predictor = new Predictor<float[], string[]>(
            this,
            new FeatureContract<float[]>(static (row, columns) => row.CopyTo(columns), count: null, names: null),
            OutputContract<string[]>.For(name: null, outputs.Read),
            stickyBy: null,
            handlers: []);
        using var reader = new StreamReader(input, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, leaveOpen: true);
        var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        await using (writer.ConfigureAwait(false))
        {
            var csv = new CsvReader(reader, options.Separator);
            string[] header = await csv.ReadAsync(cancellationToken).ConfigureAwait(false) ?? throw new CsvFormatException(csv.Line, "it is empty; names of the columns are expected");
            var columns = CsvColumns.Of(header, csv.Line, options, signature);
            string[] names = [.. outputs.Names, "prediction_id", "model_version", "error"];
            var line = new CsvLine(options.Separator);
            await line.AddAll(columns.KeptNames).AddAll(Distinct(names, columns.KeptNames)).WriteAsync(writer, cancellationToken).ConfigureAwait(false);

            long rows = 0, failed = 0;
            await foreach (ScoredRow<string[], string[]> row in predictor.ScoreAsync(RowsAsync(csv, cancellationToken), columns.Parse, options.Scoring, cancellationToken).ConfigureAwait(false))
            {
                line.AddAll(columns.Kept(row.Source));
                if (row.Error is { } error)
                    line.AddAll(Enumerable.Repeat("", names.Length - 1)).Add(error.Message);
                else
                    line.AddAll(row.Prediction.Value).Add(row.Prediction.Id.ToString()).Add(row.Prediction.Version.Number.ToString(CultureInfo.InvariantCulture)).Add("");
                await line.WriteAsync(writer, cancellationToken).ConfigureAwait(false);

                rows++;
                failed += row.Error is null ? 0 : 1;
                if (rows % ProgressRows == 0)
                    progress?.Report(new ScoringProgress(rows, failed));
            }

            var whole = new ScoringProgress(rows, failed);
            progress?.Report(whole);
            return whole;
        }
    }

    private static async IAsyncEnumerable<string[]> RowsAsync(CsvReader csv, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await csv.ReadAsync(cancellationToken).ConfigureAwait(false) is { } fields)
            yield return fields;
    }

    private static IEnumerable<string> Distinct(string[] names, IEnumerable<string> taken)
    {
        HashSet<string> all = new(taken, StringComparer.Ordinal);
        foreach (string name in names)
        {
            string free = name;
            for (int i = 2; !all.Add(free); i++)
                free = string.Create(CultureInfo.InvariantCulture, $"{name}_{i}");
            yield return free;
        }
    }
}
