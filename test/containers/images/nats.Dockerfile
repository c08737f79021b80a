# Stands in for the official image `nats`, of its variants with a shell.
FROM scratch
COPY root /
ENV PATH=/usr/local/bin:/bin
EXPOSE 4222 8222
CMD ["nats-server"]
