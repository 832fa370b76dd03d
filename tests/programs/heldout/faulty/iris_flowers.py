import numpy as np
from sklearn import datasets
from tensorflow import keras
from tensorflow.keras.layers import Dense
from tensorflow.keras.utils import to_categorical

iris = datasets.load_iris()
X = iris.data
Y = to_categorical(iris.target)

model = keras.Sequential()
model.add(keras.Input(shape=(4,)))
model.add(Dense(24, activation='relu'))
model.add(Dense(12, activation='relu'))
model.add(Dense(3, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])

history = model.fit(
    X,
    Y,
    epochs=40,
    batch_size=8,
    validation_split=0.3,
    verbose=0,
)

print('train accuracy', history.history['accuracy'][-1])
print('val accuracy  ', history.history['val_accuracy'][-1])
probabilities = model.predict(X[-5:], verbose=0)
print('last flowers are', np.argmax(probabilities, axis=1))
