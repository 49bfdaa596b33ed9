# docker build -t harness . && docker run --rm -v "$PWD/results:/work/results" harness run quickstart
FROM python:3.12-slim
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY encoders encoders
COPY harness harness
RUN pip install --no-cache-dir .
WORKDIR /work
ENTRYPOINT ["harness"]
CMD ["claims"]
